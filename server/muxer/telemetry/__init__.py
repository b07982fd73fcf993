"""What operators see: metrics, traces and logs. The only floor that knows the libraries for them; `port` knows none."""
