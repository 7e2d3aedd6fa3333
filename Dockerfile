# Builds the code with everything, runs it with what production needs. The database is somebody else's: OMS_DATABASE_URL.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node bin/run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY bin bin
COPY docs/contracts docs/contracts
COPY examples examples
COPY --from=build /app/dist dist
# The editor writes into the flows: mount a checkout's folder here to keep what is deployed.
COPY --chown=node:node flows flows
RUN mkdir /data && chown node:node /data
ENV OMS_DATA_DIR=/data
VOLUME /data
USER node
EXPOSE 1880
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OMS_PORT || 1880}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Migrates, then runs the server; the sandbox too, unless a partner's real endpoint is set. SIGTERM drains.
CMD ["node", "bin/run", "serve"]
