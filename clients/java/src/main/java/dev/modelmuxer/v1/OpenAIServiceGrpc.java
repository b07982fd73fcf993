package dev.modelmuxer.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
 * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
 * unchanged, on the one path that OpenAI's clients know.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class OpenAIServiceGrpc {

  private OpenAIServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "modelmuxer.v1.OpenAIService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<com.google.api.HttpBody,
      com.google.api.HttpBody> getCreateChatCompletionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateChatCompletion",
      requestType = com.google.api.HttpBody.class,
      responseType = com.google.api.HttpBody.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<com.google.api.HttpBody,
      com.google.api.HttpBody> getCreateChatCompletionMethod() {
    io.grpc.MethodDescriptor<com.google.api.HttpBody, com.google.api.HttpBody> getCreateChatCompletionMethod;
    if ((getCreateChatCompletionMethod = OpenAIServiceGrpc.getCreateChatCompletionMethod) == null) {
      synchronized (OpenAIServiceGrpc.class) {
        if ((getCreateChatCompletionMethod = OpenAIServiceGrpc.getCreateChatCompletionMethod) == null) {
          OpenAIServiceGrpc.getCreateChatCompletionMethod = getCreateChatCompletionMethod =
              io.grpc.MethodDescriptor.<com.google.api.HttpBody, com.google.api.HttpBody>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateChatCompletion"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  com.google.api.HttpBody.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  com.google.api.HttpBody.getDefaultInstance()))
              .setSchemaDescriptor(new OpenAIServiceMethodDescriptorSupplier("CreateChatCompletion"))
              .build();
        }
      }
    }
    return getCreateChatCompletionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.GetModelRequest,
      com.google.api.HttpBody> getGetModelMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetModel",
      requestType = dev.modelmuxer.v1.GetModelRequest.class,
      responseType = com.google.api.HttpBody.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.GetModelRequest,
      com.google.api.HttpBody> getGetModelMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.GetModelRequest, com.google.api.HttpBody> getGetModelMethod;
    if ((getGetModelMethod = OpenAIServiceGrpc.getGetModelMethod) == null) {
      synchronized (OpenAIServiceGrpc.class) {
        if ((getGetModelMethod = OpenAIServiceGrpc.getGetModelMethod) == null) {
          OpenAIServiceGrpc.getGetModelMethod = getGetModelMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.GetModelRequest, com.google.api.HttpBody>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetModel"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.GetModelRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  com.google.api.HttpBody.getDefaultInstance()))
              .setSchemaDescriptor(new OpenAIServiceMethodDescriptorSupplier("GetModel"))
              .build();
        }
      }
    }
    return getGetModelMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static OpenAIServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceStub>() {
        @java.lang.Override
        public OpenAIServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OpenAIServiceStub(channel, callOptions);
        }
      };
    return OpenAIServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static OpenAIServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceBlockingV2Stub>() {
        @java.lang.Override
        public OpenAIServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OpenAIServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return OpenAIServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static OpenAIServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceBlockingStub>() {
        @java.lang.Override
        public OpenAIServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OpenAIServiceBlockingStub(channel, callOptions);
        }
      };
    return OpenAIServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static OpenAIServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<OpenAIServiceFutureStub>() {
        @java.lang.Override
        public OpenAIServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new OpenAIServiceFutureStub(channel, callOptions);
        }
      };
    return OpenAIServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
   * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
   * unchanged, on the one path that OpenAI's clients know.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Answers a chat completion request; as one JSON document, or as server-sent events when it says `"stream": true`.
     * The request is an HTTP body, so its type cannot bear this RPC's name.
     * </pre>
     */
    default void createChatCompletion(com.google.api.HttpBody request,
        io.grpc.stub.StreamObserver<com.google.api.HttpBody> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateChatCompletionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Describes one model, as OpenAI's model object. gRPC clients find the same in `RouterService.ListModels`.
     * </pre>
     */
    default void getModel(dev.modelmuxer.v1.GetModelRequest request,
        io.grpc.stub.StreamObserver<com.google.api.HttpBody> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetModelMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service OpenAIService.
   * <pre>
   * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
   * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
   * unchanged, on the one path that OpenAI's clients know.
   * </pre>
   */
  public static abstract class OpenAIServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return OpenAIServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service OpenAIService.
   * <pre>
   * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
   * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
   * unchanged, on the one path that OpenAI's clients know.
   * </pre>
   */
  public static final class OpenAIServiceStub
      extends io.grpc.stub.AbstractAsyncStub<OpenAIServiceStub> {
    private OpenAIServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OpenAIServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OpenAIServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Answers a chat completion request; as one JSON document, or as server-sent events when it says `"stream": true`.
     * The request is an HTTP body, so its type cannot bear this RPC's name.
     * </pre>
     */
    public void createChatCompletion(com.google.api.HttpBody request,
        io.grpc.stub.StreamObserver<com.google.api.HttpBody> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getCreateChatCompletionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Describes one model, as OpenAI's model object. gRPC clients find the same in `RouterService.ListModels`.
     * </pre>
     */
    public void getModel(dev.modelmuxer.v1.GetModelRequest request,
        io.grpc.stub.StreamObserver<com.google.api.HttpBody> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetModelMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service OpenAIService.
   * <pre>
   * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
   * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
   * unchanged, on the one path that OpenAI's clients know.
   * </pre>
   */
  public static final class OpenAIServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<OpenAIServiceBlockingV2Stub> {
    private OpenAIServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OpenAIServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OpenAIServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Answers a chat completion request; as one JSON document, or as server-sent events when it says `"stream": true`.
     * The request is an HTTP body, so its type cannot bear this RPC's name.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, com.google.api.HttpBody>
        createChatCompletion(com.google.api.HttpBody request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getCreateChatCompletionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Describes one model, as OpenAI's model object. gRPC clients find the same in `RouterService.ListModels`.
     * </pre>
     */
    public com.google.api.HttpBody getModel(dev.modelmuxer.v1.GetModelRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetModelMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service OpenAIService.
   * <pre>
   * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
   * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
   * unchanged, on the one path that OpenAI's clients know.
   * </pre>
   */
  public static final class OpenAIServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<OpenAIServiceBlockingStub> {
    private OpenAIServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OpenAIServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OpenAIServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Answers a chat completion request; as one JSON document, or as server-sent events when it says `"stream": true`.
     * The request is an HTTP body, so its type cannot bear this RPC's name.
     * </pre>
     */
    public java.util.Iterator<com.google.api.HttpBody> createChatCompletion(
        com.google.api.HttpBody request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getCreateChatCompletionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Describes one model, as OpenAI's model object. gRPC clients find the same in `RouterService.ListModels`.
     * </pre>
     */
    public com.google.api.HttpBody getModel(dev.modelmuxer.v1.GetModelRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetModelMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service OpenAIService.
   * <pre>
   * The OpenAI-compatible face: bytes as OpenAI's clients send and expect them.
   * gRPC clients want `RouterService`. This service exists so that JSON and server-sent events pass through Envoy
   * unchanged, on the one path that OpenAI's clients know.
   * </pre>
   */
  public static final class OpenAIServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<OpenAIServiceFutureStub> {
    private OpenAIServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected OpenAIServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new OpenAIServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Describes one model, as OpenAI's model object. gRPC clients find the same in `RouterService.ListModels`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<com.google.api.HttpBody> getModel(
        dev.modelmuxer.v1.GetModelRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetModelMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_CREATE_CHAT_COMPLETION = 0;
  private static final int METHODID_GET_MODEL = 1;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_CREATE_CHAT_COMPLETION:
          serviceImpl.createChatCompletion((com.google.api.HttpBody) request,
              (io.grpc.stub.StreamObserver<com.google.api.HttpBody>) responseObserver);
          break;
        case METHODID_GET_MODEL:
          serviceImpl.getModel((dev.modelmuxer.v1.GetModelRequest) request,
              (io.grpc.stub.StreamObserver<com.google.api.HttpBody>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getCreateChatCompletionMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              com.google.api.HttpBody,
              com.google.api.HttpBody>(
                service, METHODID_CREATE_CHAT_COMPLETION)))
        .addMethod(
          getGetModelMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.modelmuxer.v1.GetModelRequest,
              com.google.api.HttpBody>(
                service, METHODID_GET_MODEL)))
        .build();
  }

  private static abstract class OpenAIServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    OpenAIServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.modelmuxer.v1.OpenAIServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("OpenAIService");
    }
  }

  private static final class OpenAIServiceFileDescriptorSupplier
      extends OpenAIServiceBaseDescriptorSupplier {
    OpenAIServiceFileDescriptorSupplier() {}
  }

  private static final class OpenAIServiceMethodDescriptorSupplier
      extends OpenAIServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    OpenAIServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (OpenAIServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new OpenAIServiceFileDescriptorSupplier())
              .addMethod(getCreateChatCompletionMethod())
              .addMethod(getGetModelMethod())
              .build();
        }
      }
    }
    return result;
  }
}
