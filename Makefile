# What is done often. `.ci/run` does all of it and more.
TOOL = go tool -modfile=.ci/tools.mod

.PHONY: demo test lint fmt bench

demo: ## the sample company, live, on http://localhost:9596
	go run ./cmd/slmd-demo

test:
	go test ./...

lint:
	$(TOOL) golangci-lint run

fmt:
	$(TOOL) gofumpt -w .

bench: ## one benchmark after the other: docs/performance.md says what they mean
	go test -run='^$$' -bench=. -benchmem ./...
