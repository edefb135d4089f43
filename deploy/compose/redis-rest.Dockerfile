# syntax=docker/dockerfile:1
# Redis over HTTP as Upstash speaks it: what the worker calls. From the root of the repository.

FROM node:24.21.0-bookworm-slim AS assembled
WORKDIR /build
COPY . .
RUN deploy/compose/assemble-redis-rest.sh /app

FROM debian:bookworm-slim
COPY --from=assembled /usr/local/bin/node /usr/local/bin/node
COPY --from=assembled /app /app
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8079
WORKDIR /app
USER 65532:65532
EXPOSE 8079
# It answers, and asks for the token.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:8079').then((r) => process.exit(r.status === 401 ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dev/src/upstash/main.ts"]
