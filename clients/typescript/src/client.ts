import { createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { RouterService } from "./gen/modelmuxer/v1/router_service_pb.js";

/** Where a router listens that was started without saying where. */
const defaultBaseUrl = "http://127.0.0.1:50051";

/**
 * Milliseconds that a call may take, a stream included, unless it says otherwise. As long as the router itself waits
 * for a provider: reasoning models take minutes.
 */
const defaultTimeoutMs = 600_000;

/** What a client may be told about the router. */
export interface ModelMuxerOptions {
  /** Address of the router. With `http:` nothing is encrypted, the API key included. Default: port 50051, here. */
  baseUrl?: string;
  /** Tells the router who is calling. */
  apiKey?: string;
  /** Milliseconds that a call may take, a stream included. Default: ten minutes. */
  timeoutMs?: number;
}

/** The calls of `RouterService`. They fail with a `ConnectError`, which `ModelMuxerError.from` decodes. */
export type ModelMuxerClient = Client<typeof RouterService>;

/** Makes a client of the router. It connects at the first call, and again when the connection was lost. */
export function createModelMuxerClient(options: ModelMuxerOptions = {}): ModelMuxerClient {
  const { baseUrl = defaultBaseUrl, apiKey, timeoutMs = defaultTimeoutMs } = options;
  const interceptors = apiKey ? [identifyBy(apiKey)] : [];
  return createClient(RouterService, createGrpcTransport({ baseUrl, interceptors, defaultTimeoutMs: timeoutMs }));
}

function identifyBy(apiKey: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${apiKey}`);
    return next(request);
  };
}
