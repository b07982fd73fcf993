"""The edge: Envoy in front of the server, and the supervisor that runs the processes of `modelmuxer up`."""
