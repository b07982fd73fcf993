import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

const domain = "modelmuxer";
const reasonPrefix = "ERROR_REASON_";
const unspecified = "UNSPECIFIED";

/** Why a call failed. */
export class ModelMuxerError extends Error {
  override readonly name = "ModelMuxerError";

  /**
   * A name of `ErrorReason` without its prefix, such as `INSUFFICIENT_BUDGET`. It is `UNSPECIFIED` when it was not
   * the router that failed the call: no connection, say, or a deadline that passed here.
   */
  readonly reason: string;

  /** The gRPC status. */
  readonly code: Code;

  /** The particulars that belong to the reason. */
  readonly details: Readonly<Record<string, string>>;

  /** Milliseconds after which to try again, if the router names a time. */
  readonly retryAfterMs: number | undefined;

  /** Path of the field at fault, such as `messages[0].role`, if there is one. */
  readonly field: string | undefined;

  private constructor(error: ConnectError) {
    super(error.rawMessage, { cause: error });
    const info = error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === domain);
    const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
    this.reason = info?.reason.replace(reasonPrefix, "") ?? unspecified;
    this.code = error.code;
    this.details = info?.metadata ?? {};
    this.retryAfterMs = delay && durationMs(delay);
    this.field = error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field;
  }

  /** Decodes whatever a call threw. */
  static from(thrown: unknown): ModelMuxerError {
    return thrown instanceof ModelMuxerError ? thrown : new ModelMuxerError(ConnectError.from(thrown));
  }
}
