package dev.modelmuxer.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Chooses a model for a chat request, and carries the request out.
 * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class RouterServiceGrpc {

  private RouterServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "modelmuxer.v1.RouterService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.RouteRequest,
      dev.modelmuxer.v1.RouteResponse> getRouteMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Route",
      requestType = dev.modelmuxer.v1.RouteRequest.class,
      responseType = dev.modelmuxer.v1.RouteResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.RouteRequest,
      dev.modelmuxer.v1.RouteResponse> getRouteMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.RouteRequest, dev.modelmuxer.v1.RouteResponse> getRouteMethod;
    if ((getRouteMethod = RouterServiceGrpc.getRouteMethod) == null) {
      synchronized (RouterServiceGrpc.class) {
        if ((getRouteMethod = RouterServiceGrpc.getRouteMethod) == null) {
          RouterServiceGrpc.getRouteMethod = getRouteMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.RouteRequest, dev.modelmuxer.v1.RouteResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Route"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.RouteRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.RouteResponse.getDefaultInstance()))
              .setSchemaDescriptor(new RouterServiceMethodDescriptorSupplier("Route"))
              .build();
        }
      }
    }
    return getRouteMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.ClassifyRequest,
      dev.modelmuxer.v1.ClassifyResponse> getClassifyMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Classify",
      requestType = dev.modelmuxer.v1.ClassifyRequest.class,
      responseType = dev.modelmuxer.v1.ClassifyResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.ClassifyRequest,
      dev.modelmuxer.v1.ClassifyResponse> getClassifyMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.ClassifyRequest, dev.modelmuxer.v1.ClassifyResponse> getClassifyMethod;
    if ((getClassifyMethod = RouterServiceGrpc.getClassifyMethod) == null) {
      synchronized (RouterServiceGrpc.class) {
        if ((getClassifyMethod = RouterServiceGrpc.getClassifyMethod) == null) {
          RouterServiceGrpc.getClassifyMethod = getClassifyMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.ClassifyRequest, dev.modelmuxer.v1.ClassifyResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Classify"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.ClassifyRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.ClassifyResponse.getDefaultInstance()))
              .setSchemaDescriptor(new RouterServiceMethodDescriptorSupplier("Classify"))
              .build();
        }
      }
    }
    return getClassifyMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.EstimateRequest,
      dev.modelmuxer.v1.EstimateResponse> getEstimateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Estimate",
      requestType = dev.modelmuxer.v1.EstimateRequest.class,
      responseType = dev.modelmuxer.v1.EstimateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.EstimateRequest,
      dev.modelmuxer.v1.EstimateResponse> getEstimateMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.EstimateRequest, dev.modelmuxer.v1.EstimateResponse> getEstimateMethod;
    if ((getEstimateMethod = RouterServiceGrpc.getEstimateMethod) == null) {
      synchronized (RouterServiceGrpc.class) {
        if ((getEstimateMethod = RouterServiceGrpc.getEstimateMethod) == null) {
          RouterServiceGrpc.getEstimateMethod = getEstimateMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.EstimateRequest, dev.modelmuxer.v1.EstimateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Estimate"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.EstimateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.EstimateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new RouterServiceMethodDescriptorSupplier("Estimate"))
              .build();
        }
      }
    }
    return getEstimateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.ChatCompletionRequest,
      dev.modelmuxer.v1.ChatCompletionResponse> getChatCompletionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ChatCompletion",
      requestType = dev.modelmuxer.v1.ChatCompletionRequest.class,
      responseType = dev.modelmuxer.v1.ChatCompletionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.ChatCompletionRequest,
      dev.modelmuxer.v1.ChatCompletionResponse> getChatCompletionMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.ChatCompletionRequest, dev.modelmuxer.v1.ChatCompletionResponse> getChatCompletionMethod;
    if ((getChatCompletionMethod = RouterServiceGrpc.getChatCompletionMethod) == null) {
      synchronized (RouterServiceGrpc.class) {
        if ((getChatCompletionMethod = RouterServiceGrpc.getChatCompletionMethod) == null) {
          RouterServiceGrpc.getChatCompletionMethod = getChatCompletionMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.ChatCompletionRequest, dev.modelmuxer.v1.ChatCompletionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ChatCompletion"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.ChatCompletionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.ChatCompletionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new RouterServiceMethodDescriptorSupplier("ChatCompletion"))
              .build();
        }
      }
    }
    return getChatCompletionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.StreamChatCompletionRequest,
      dev.modelmuxer.v1.StreamChatCompletionResponse> getStreamChatCompletionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "StreamChatCompletion",
      requestType = dev.modelmuxer.v1.StreamChatCompletionRequest.class,
      responseType = dev.modelmuxer.v1.StreamChatCompletionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.StreamChatCompletionRequest,
      dev.modelmuxer.v1.StreamChatCompletionResponse> getStreamChatCompletionMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.StreamChatCompletionRequest, dev.modelmuxer.v1.StreamChatCompletionResponse> getStreamChatCompletionMethod;
    if ((getStreamChatCompletionMethod = RouterServiceGrpc.getStreamChatCompletionMethod) == null) {
      synchronized (RouterServiceGrpc.class) {
        if ((getStreamChatCompletionMethod = RouterServiceGrpc.getStreamChatCompletionMethod) == null) {
          RouterServiceGrpc.getStreamChatCompletionMethod = getStreamChatCompletionMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.StreamChatCompletionRequest, dev.modelmuxer.v1.StreamChatCompletionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "StreamChatCompletion"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.StreamChatCompletionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.StreamChatCompletionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new RouterServiceMethodDescriptorSupplier("StreamChatCompletion"))
              .build();
        }
      }
    }
    return getStreamChatCompletionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.modelmuxer.v1.ListModelsRequest,
      dev.modelmuxer.v1.ListModelsResponse> getListModelsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListModels",
      requestType = dev.modelmuxer.v1.ListModelsRequest.class,
      responseType = dev.modelmuxer.v1.ListModelsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.modelmuxer.v1.ListModelsRequest,
      dev.modelmuxer.v1.ListModelsResponse> getListModelsMethod() {
    io.grpc.MethodDescriptor<dev.modelmuxer.v1.ListModelsRequest, dev.modelmuxer.v1.ListModelsResponse> getListModelsMethod;
    if ((getListModelsMethod = RouterServiceGrpc.getListModelsMethod) == null) {
      synchronized (RouterServiceGrpc.class) {
        if ((getListModelsMethod = RouterServiceGrpc.getListModelsMethod) == null) {
          RouterServiceGrpc.getListModelsMethod = getListModelsMethod =
              io.grpc.MethodDescriptor.<dev.modelmuxer.v1.ListModelsRequest, dev.modelmuxer.v1.ListModelsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListModels"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.ListModelsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.modelmuxer.v1.ListModelsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new RouterServiceMethodDescriptorSupplier("ListModels"))
              .build();
        }
      }
    }
    return getListModelsMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static RouterServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<RouterServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<RouterServiceStub>() {
        @java.lang.Override
        public RouterServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new RouterServiceStub(channel, callOptions);
        }
      };
    return RouterServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static RouterServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<RouterServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<RouterServiceBlockingV2Stub>() {
        @java.lang.Override
        public RouterServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new RouterServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return RouterServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static RouterServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<RouterServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<RouterServiceBlockingStub>() {
        @java.lang.Override
        public RouterServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new RouterServiceBlockingStub(channel, callOptions);
        }
      };
    return RouterServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static RouterServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<RouterServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<RouterServiceFutureStub>() {
        @java.lang.Override
        public RouterServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new RouterServiceFutureStub(channel, callOptions);
        }
      };
    return RouterServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Chooses a model for a chat request, and carries the request out.
   * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Says which model a chat request would go to, and why. Calls no provider.
     * </pre>
     */
    default void route(dev.modelmuxer.v1.RouteRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.RouteResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRouteMethod(), responseObserver);
    }

    /**
     * <pre>
     * Says what kind of request this is. Calls no provider.
     * </pre>
     */
    default void classify(dev.modelmuxer.v1.ClassifyRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ClassifyResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getClassifyMethod(), responseObserver);
    }

    /**
     * <pre>
     * Predicts cost and latency on every model that could serve the request. Calls no provider.
     * </pre>
     */
    default void estimate(dev.modelmuxer.v1.EstimateRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.EstimateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getEstimateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer whole. On REST this is `OpenAIService.CreateChatCompletion`.
     * </pre>
     */
    default void chatCompletion(dev.modelmuxer.v1.ChatCompletionRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ChatCompletionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getChatCompletionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer as it is written.
     * The last message carries usage, cost and the decision. A stream that ends with an error status is not complete.
     * </pre>
     */
    default void streamChatCompletion(dev.modelmuxer.v1.StreamChatCompletionRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.StreamChatCompletionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getStreamChatCompletionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the models that can be asked for.
     * </pre>
     */
    default void listModels(dev.modelmuxer.v1.ListModelsRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ListModelsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListModelsMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service RouterService.
   * <pre>
   * Chooses a model for a chat request, and carries the request out.
   * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
   * </pre>
   */
  public static abstract class RouterServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return RouterServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service RouterService.
   * <pre>
   * Chooses a model for a chat request, and carries the request out.
   * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
   * </pre>
   */
  public static final class RouterServiceStub
      extends io.grpc.stub.AbstractAsyncStub<RouterServiceStub> {
    private RouterServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected RouterServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new RouterServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Says which model a chat request would go to, and why. Calls no provider.
     * </pre>
     */
    public void route(dev.modelmuxer.v1.RouteRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.RouteResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRouteMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Says what kind of request this is. Calls no provider.
     * </pre>
     */
    public void classify(dev.modelmuxer.v1.ClassifyRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ClassifyResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getClassifyMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Predicts cost and latency on every model that could serve the request. Calls no provider.
     * </pre>
     */
    public void estimate(dev.modelmuxer.v1.EstimateRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.EstimateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getEstimateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer whole. On REST this is `OpenAIService.CreateChatCompletion`.
     * </pre>
     */
    public void chatCompletion(dev.modelmuxer.v1.ChatCompletionRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ChatCompletionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getChatCompletionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer as it is written.
     * The last message carries usage, cost and the decision. A stream that ends with an error status is not complete.
     * </pre>
     */
    public void streamChatCompletion(dev.modelmuxer.v1.StreamChatCompletionRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.StreamChatCompletionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getStreamChatCompletionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the models that can be asked for.
     * </pre>
     */
    public void listModels(dev.modelmuxer.v1.ListModelsRequest request,
        io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ListModelsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListModelsMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service RouterService.
   * <pre>
   * Chooses a model for a chat request, and carries the request out.
   * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
   * </pre>
   */
  public static final class RouterServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<RouterServiceBlockingV2Stub> {
    private RouterServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected RouterServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new RouterServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Says which model a chat request would go to, and why. Calls no provider.
     * </pre>
     */
    public dev.modelmuxer.v1.RouteResponse route(dev.modelmuxer.v1.RouteRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRouteMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Says what kind of request this is. Calls no provider.
     * </pre>
     */
    public dev.modelmuxer.v1.ClassifyResponse classify(dev.modelmuxer.v1.ClassifyRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getClassifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Predicts cost and latency on every model that could serve the request. Calls no provider.
     * </pre>
     */
    public dev.modelmuxer.v1.EstimateResponse estimate(dev.modelmuxer.v1.EstimateRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getEstimateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer whole. On REST this is `OpenAIService.CreateChatCompletion`.
     * </pre>
     */
    public dev.modelmuxer.v1.ChatCompletionResponse chatCompletion(dev.modelmuxer.v1.ChatCompletionRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getChatCompletionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer as it is written.
     * The last message carries usage, cost and the decision. A stream that ends with an error status is not complete.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.modelmuxer.v1.StreamChatCompletionResponse>
        streamChatCompletion(dev.modelmuxer.v1.StreamChatCompletionRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getStreamChatCompletionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the models that can be asked for.
     * </pre>
     */
    public dev.modelmuxer.v1.ListModelsResponse listModels(dev.modelmuxer.v1.ListModelsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListModelsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service RouterService.
   * <pre>
   * Chooses a model for a chat request, and carries the request out.
   * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
   * </pre>
   */
  public static final class RouterServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<RouterServiceBlockingStub> {
    private RouterServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected RouterServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new RouterServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Says which model a chat request would go to, and why. Calls no provider.
     * </pre>
     */
    public dev.modelmuxer.v1.RouteResponse route(dev.modelmuxer.v1.RouteRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRouteMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Says what kind of request this is. Calls no provider.
     * </pre>
     */
    public dev.modelmuxer.v1.ClassifyResponse classify(dev.modelmuxer.v1.ClassifyRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getClassifyMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Predicts cost and latency on every model that could serve the request. Calls no provider.
     * </pre>
     */
    public dev.modelmuxer.v1.EstimateResponse estimate(dev.modelmuxer.v1.EstimateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getEstimateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer whole. On REST this is `OpenAIService.CreateChatCompletion`.
     * </pre>
     */
    public dev.modelmuxer.v1.ChatCompletionResponse chatCompletion(dev.modelmuxer.v1.ChatCompletionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getChatCompletionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer as it is written.
     * The last message carries usage, cost and the decision. A stream that ends with an error status is not complete.
     * </pre>
     */
    public java.util.Iterator<dev.modelmuxer.v1.StreamChatCompletionResponse> streamChatCompletion(
        dev.modelmuxer.v1.StreamChatCompletionRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getStreamChatCompletionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the models that can be asked for.
     * </pre>
     */
    public dev.modelmuxer.v1.ListModelsResponse listModels(dev.modelmuxer.v1.ListModelsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListModelsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service RouterService.
   * <pre>
   * Chooses a model for a chat request, and carries the request out.
   * Every failure carries one `google.rpc.ErrorInfo` with the domain `modelmuxer` and a reason out of `ErrorReason`.
   * </pre>
   */
  public static final class RouterServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<RouterServiceFutureStub> {
    private RouterServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected RouterServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new RouterServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Says which model a chat request would go to, and why. Calls no provider.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.modelmuxer.v1.RouteResponse> route(
        dev.modelmuxer.v1.RouteRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRouteMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Says what kind of request this is. Calls no provider.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.modelmuxer.v1.ClassifyResponse> classify(
        dev.modelmuxer.v1.ClassifyRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getClassifyMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Predicts cost and latency on every model that could serve the request. Calls no provider.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.modelmuxer.v1.EstimateResponse> estimate(
        dev.modelmuxer.v1.EstimateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getEstimateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Chooses a model, asks it, and returns its answer whole. On REST this is `OpenAIService.CreateChatCompletion`.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.modelmuxer.v1.ChatCompletionResponse> chatCompletion(
        dev.modelmuxer.v1.ChatCompletionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getChatCompletionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the models that can be asked for.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.modelmuxer.v1.ListModelsResponse> listModels(
        dev.modelmuxer.v1.ListModelsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListModelsMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_ROUTE = 0;
  private static final int METHODID_CLASSIFY = 1;
  private static final int METHODID_ESTIMATE = 2;
  private static final int METHODID_CHAT_COMPLETION = 3;
  private static final int METHODID_STREAM_CHAT_COMPLETION = 4;
  private static final int METHODID_LIST_MODELS = 5;

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
        case METHODID_ROUTE:
          serviceImpl.route((dev.modelmuxer.v1.RouteRequest) request,
              (io.grpc.stub.StreamObserver<dev.modelmuxer.v1.RouteResponse>) responseObserver);
          break;
        case METHODID_CLASSIFY:
          serviceImpl.classify((dev.modelmuxer.v1.ClassifyRequest) request,
              (io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ClassifyResponse>) responseObserver);
          break;
        case METHODID_ESTIMATE:
          serviceImpl.estimate((dev.modelmuxer.v1.EstimateRequest) request,
              (io.grpc.stub.StreamObserver<dev.modelmuxer.v1.EstimateResponse>) responseObserver);
          break;
        case METHODID_CHAT_COMPLETION:
          serviceImpl.chatCompletion((dev.modelmuxer.v1.ChatCompletionRequest) request,
              (io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ChatCompletionResponse>) responseObserver);
          break;
        case METHODID_STREAM_CHAT_COMPLETION:
          serviceImpl.streamChatCompletion((dev.modelmuxer.v1.StreamChatCompletionRequest) request,
              (io.grpc.stub.StreamObserver<dev.modelmuxer.v1.StreamChatCompletionResponse>) responseObserver);
          break;
        case METHODID_LIST_MODELS:
          serviceImpl.listModels((dev.modelmuxer.v1.ListModelsRequest) request,
              (io.grpc.stub.StreamObserver<dev.modelmuxer.v1.ListModelsResponse>) responseObserver);
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
          getRouteMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.modelmuxer.v1.RouteRequest,
              dev.modelmuxer.v1.RouteResponse>(
                service, METHODID_ROUTE)))
        .addMethod(
          getClassifyMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.modelmuxer.v1.ClassifyRequest,
              dev.modelmuxer.v1.ClassifyResponse>(
                service, METHODID_CLASSIFY)))
        .addMethod(
          getEstimateMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.modelmuxer.v1.EstimateRequest,
              dev.modelmuxer.v1.EstimateResponse>(
                service, METHODID_ESTIMATE)))
        .addMethod(
          getChatCompletionMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.modelmuxer.v1.ChatCompletionRequest,
              dev.modelmuxer.v1.ChatCompletionResponse>(
                service, METHODID_CHAT_COMPLETION)))
        .addMethod(
          getStreamChatCompletionMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.modelmuxer.v1.StreamChatCompletionRequest,
              dev.modelmuxer.v1.StreamChatCompletionResponse>(
                service, METHODID_STREAM_CHAT_COMPLETION)))
        .addMethod(
          getListModelsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.modelmuxer.v1.ListModelsRequest,
              dev.modelmuxer.v1.ListModelsResponse>(
                service, METHODID_LIST_MODELS)))
        .build();
  }

  private static abstract class RouterServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    RouterServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.modelmuxer.v1.RouterServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("RouterService");
    }
  }

  private static final class RouterServiceFileDescriptorSupplier
      extends RouterServiceBaseDescriptorSupplier {
    RouterServiceFileDescriptorSupplier() {}
  }

  private static final class RouterServiceMethodDescriptorSupplier
      extends RouterServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    RouterServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (RouterServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new RouterServiceFileDescriptorSupplier())
              .addMethod(getRouteMethod())
              .addMethod(getClassifyMethod())
              .addMethod(getEstimateMethod())
              .addMethod(getChatCompletionMethod())
              .addMethod(getStreamChatCompletionMethod())
              .addMethod(getListModelsMethod())
              .build();
        }
      }
    }
    return result;
  }
}
