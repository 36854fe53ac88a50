# What is done often. `.ci/run` does all of it and more.
TOOL = go tool -modfile=.ci/tools.mod

.PHONY: demo test lint fmt bench crash late scale properties mutants fuzz

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

crash: ## kills, full disks, edits and backups at length, for docs/reliability.md; SEED=1 by default
	SLMD_CRASH_DAYS=30 SLMD_CRASH_KILLS=1000 SLMD_CRASH_SEED=$(or $(SEED),1) go test ./internal/app -run='Fault_C2/random' -v -timeout=6h
	SLMD_CRASH_PASSES=100 SLMD_CRASH_SEED=$(or $(SEED),1) go test ./internal/app -run='Fault_C2/failpoint' -v -timeout=6h
	SLMD_EDITS=1000 SLMD_FULL_DISKS=200 SLMD_BACKUPS=50 SLMD_POWER_CUTS=5000 go test ./internal/store -run='FullDisk|C3|C14|Verify_Finds' -v -timeout=1h
	SLMD_BREACHES=100 SLMD_CRASH_SEED=$(or $(SEED),1) go test ./internal/app -run='BreachesAreDelivered' -v -timeout=1h
	SLMD_RESTART_MINUTES=60 go test ./internal/app -run='Fault_D13' -v -timeout=1h

late: ## SEEDS=100 made-up histories cut anew or with late samples, and a source with a million series
	SLMD_LATE_SEEDS=$(or $(SEEDS),100) go test ./internal/cycle -run='JudgingInManySmallRounds|TheLedgerIsTheSame|HoursLate|RestartsMake|Fault_A22' -v -timeout=1h
	SLMD_HISTORIES=10000 go test ./internal/measure -run='HowReadingWasCut' -v -timeout=1h
	SLMD_HUGE_SERIES=1000000 go test ./internal/measure -run='Fault_A15' -v -timeout=30m

scale: ## memory of a backfill of 90 days, and 1,000 indicators after three days off
	SLMD_BACKFILL_DAYS=90 SLMD_OFF_INDICATORS=1000 go test ./internal/app -run='ABackfillOf|ManyIndicatorsAfter' -v -timeout=3h

properties: ## every property of the judge on 10 million random cases; CHECKS=1000000 for fewer
	SLMD_CHECKS=$(or $(CHECKS),10000000) go test ./internal/judge -timeout=0 -v

mutants: ## all mutants of what decides money, and which of them no test notices; hours
	go run ./.ci/mutate ./internal/calendar ./internal/judge

fuzz: ## each fuzz target for FOR=10m; go test runs their seeds each time
	set -e; grep -rHo --include=*_test.go '^func Fuzz[A-Za-z]*' internal | while IFS=: read -r file name; do \
		go test ./$$(dirname $$file) -run='^$$' -fuzz="^$${name#func }$$" -fuzztime=$(or $(FOR),10m); \
	done
