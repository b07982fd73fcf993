package dev.modelmuxer;

import dev.modelmuxer.v1.RouterServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/**
 * A connection to the router; safe for use by several threads.
 *
 * <p>The calls are those of the generated stubs. They fail with an {@link io.grpc.StatusRuntimeException}, which
 * {@link ModelMuxerException#from} decodes.
 */
public final class ModelMuxerClient implements AutoCloseable {
  /** Where a router listens that was started without saying where. */
  public static final String DEFAULT_TARGET = "127.0.0.1:50051";

  // gRPC's default, 4 MiB, is less than eight choices with 1 MiB of provider state each.
  private static final int MAX_RECEIVE_BYTES = 32 << 20;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ManagedChannel channel;

  private ModelMuxerClient(ManagedChannel channel) {
    this.channel = channel;
  }

  /**
   * Makes a client that reaches the router without encryption, for one on the same machine or in the same mesh. It
   * connects at the first call.
   *
   * @param target the router's address, such as {@link #DEFAULT_TARGET}
   * @param apiKey tells the router who is calling; empty for nobody
   */
  public static ModelMuxerClient plaintext(String target, String apiKey) {
    return over(ManagedChannelBuilder.forTarget(target).usePlaintext(), apiKey);
  }

  /**
   * Makes a client over a channel of the caller's design; encrypted, unless the builder says otherwise.
   *
   * @param channel says where the router is and how to reach it
   * @param apiKey tells the router who is calling; empty for nobody
   */
  public static ModelMuxerClient over(ManagedChannelBuilder<?> channel, String apiKey) {
    Metadata identity = new Metadata();
    if (!apiKey.isEmpty()) {
      identity.put(AUTHORIZATION, "Bearer " + apiKey);
    }
    channel.intercept(MetadataUtils.newAttachHeadersInterceptor(identity));
    return new ModelMuxerClient(channel.maxInboundMessageSize(MAX_RECEIVE_BYTES).build());
  }

  /** The calls, each of which waits for its answer. Give them a deadline: {@code withDeadlineAfter}. */
  public RouterServiceGrpc.RouterServiceBlockingStub blocking() {
    return RouterServiceGrpc.newBlockingStub(channel);
  }

  /** The calls, each of which reports to an observer. Give them a deadline: {@code withDeadlineAfter}. */
  public RouterServiceGrpc.RouterServiceStub async() {
    return RouterServiceGrpc.newStub(channel);
  }

  /** Closes the connection; calls under way fail. */
  @Override
  public void close() {
    channel.shutdownNow();
  }
}
