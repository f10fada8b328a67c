# One image for every part of Cuddle-a-tron: the API by default, a worker by the command `node dist/worker/main.js`.
# Not an Alpine one: the native part of Temporal's SDK needs glibc.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev
# The SDK comes with a native part for each platform, about 30 MB each; only that of this one is ever loaded.
RUN mine="$(node --print 'require("@temporalio/core-bridge/common").getPrebuiltTargetName()')" \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$mine" -exec rm -r {} +

FROM base
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
RUN install --directory --owner=node --group=node --mode=700 /data
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY web web
USER node
EXPOSE 3000
# A worker lets the sends under way end, for up to 20 seconds: give a container 30 before it is killed.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
CMD ["node", "dist/api/main.js"]
