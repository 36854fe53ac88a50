# syntax=docker/dockerfile:1.7

# SQLite is C, so the build needs cgo; linked statically, the programs need no
# system below them and the image holds nothing else.
FROM golang:1.26.8-bookworm AS build
ARG VERSION=unknown REVISION=unknown
WORKDIR /src
COPY go.mod go.sum ./
COPY cmd cmd
COPY internal internal
COPY rules rules
ENV CGO_ENABLED=1
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -buildvcs=false -tags=netgo,osusergo,sqlite_omit_load_extension \
      -ldflags="-s -w -linkmode=external -extldflags=-static \
        -X github.com/prometheus/common/version.Version=${VERSION} \
        -X github.com/prometheus/common/version.Revision=${REVISION}" \
      -o /image/ ./cmd/slmd ./cmd/slmtool
RUN mkdir -p /image/data /image/etc/slmd /image/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/

FROM scratch
COPY --from=build /image/etc /etc
COPY --from=build /image/slmd /image/slmtool /usr/bin/
# The only place that is written to; the root may be mounted read-only.
COPY --from=build --chown=65532:65532 /image/data /data
ENV PATH=/usr/bin SQLITE_TMPDIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 9596
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["slmtool", "check", "healthy", "--slmd.url=http://127.0.0.1:9596"]
ENTRYPOINT ["slmd"]
CMD ["--config.file=/etc/slmd/slmd.yml", "--storage.path=/data", "--web.listen-address=0.0.0.0:9596"]
