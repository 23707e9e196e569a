# Build stage: the toolchain that rust-version names.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --package brownout

# Run stage: one binary, no shell needed, nobody's user.
FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home brownout && install -d -o brownout -g brownout /shared /runs
COPY --from=build /src/target/dist/brownout /usr/local/bin/brownout
USER 10001
WORKDIR /home/brownout
ENTRYPOINT ["brownout"]
CMD ["--help"]
