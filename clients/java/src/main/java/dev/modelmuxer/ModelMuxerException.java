package dev.modelmuxer;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Says why a call failed. */
public final class ModelMuxerException extends RuntimeException {
  /** The reason when it was not the router that failed the call: no connection, say, or a deadline that passed here. */
  public static final String UNSPECIFIED = "UNSPECIFIED";

  private static final long serialVersionUID = 1L;
  private static final String DOMAIN = "modelmuxer";
  private static final String REASON_PREFIX = "ERROR_REASON_";

  private final Status.Code code;
  private final HashMap<String, String> details = new HashMap<>();
  private String reason = UNSPECIFIED;
  private Duration retryAfter;
  private String field;

  private ModelMuxerException(Throwable cause) {
    super(messageOf(cause), cause);
    code = Status.fromThrowable(cause).getCode();
  }

  /** Decodes whatever a call threw. */
  public static ModelMuxerException from(Throwable thrown) {
    if (thrown instanceof ModelMuxerException decoded) {
      return decoded;
    }
    ModelMuxerException decoded = new ModelMuxerException(thrown);
    try {
      com.google.rpc.Status rich = StatusProto.fromThrowable(thrown);
      if (rich != null) {
        for (Any detail : rich.getDetailsList()) {
          decoded.take(detail);
        }
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException notTheRouters) {
      decoded.addSuppressed(notTheRouters);
    }
    return decoded;
  }

  private void take(Any detail) throws InvalidProtocolBufferException {
    if (detail.is(ErrorInfo.class)) {
      ErrorInfo info = detail.unpack(ErrorInfo.class);
      if (info.getDomain().equals(DOMAIN)) {
        reason = withoutPrefix(info.getReason());
        details.putAll(info.getMetadataMap());
      }
    } else if (detail.is(RetryInfo.class)) {
      com.google.protobuf.Duration delay = detail.unpack(RetryInfo.class).getRetryDelay();
      retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
    } else if (detail.is(BadRequest.class)) {
      BadRequest badRequest = detail.unpack(BadRequest.class);
      if (badRequest.getFieldViolationsCount() > 0) {
        field = badRequest.getFieldViolations(0).getField();
      }
    }
  }

  private static String withoutPrefix(String reason) {
    return reason.startsWith(REASON_PREFIX) ? reason.substring(REASON_PREFIX.length()) : reason;
  }

  private static String messageOf(Throwable cause) {
    String description = Status.fromThrowable(cause).getDescription();
    return description == null ? String.valueOf(cause.getMessage()) : description;
  }

  /** A name of {@code ErrorReason} without its prefix, such as {@code INSUFFICIENT_BUDGET}; see {@link #UNSPECIFIED}. */
  public String reason() {
    return reason;
  }

  /** The gRPC status. */
  public Status.Code code() {
    return code;
  }

  /** The particulars that belong to the reason. */
  public Map<String, String> details() {
    return Map.copyOf(details);
  }

  /** When to try again, if the router names a time. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /** Path of the field at fault, such as {@code messages[0].role}, if there is one. */
  public Optional<String> field() {
    return Optional.ofNullable(field);
  }
}
