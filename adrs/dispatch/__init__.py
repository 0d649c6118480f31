"""Where work runs: threads for models, processes for evaluations. Plain `concurrent.futures` executors."""
