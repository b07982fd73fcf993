/**
 * Client of ModelMuxer, the LLM router: the generated stubs, a client that carries the API key, and the router's
 * errors decoded.
 */
export { createModelMuxerClient, type ModelMuxerClient, type ModelMuxerOptions } from "./client.js";
export { ModelMuxerError } from "./errors.js";
export * from "./gen/modelmuxer/v1/chat_pb.js";
export * from "./gen/modelmuxer/v1/error_reason_pb.js";
export * from "./gen/modelmuxer/v1/model_pb.js";
export * from "./gen/modelmuxer/v1/router_service_pb.js";
export * from "./gen/modelmuxer/v1/routing_pb.js";
