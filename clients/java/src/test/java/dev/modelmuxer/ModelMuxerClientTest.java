package dev.modelmuxer;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelmuxer.v1.ChatCompletionRequest;
import dev.modelmuxer.v1.ChatCompletionResponse;
import dev.modelmuxer.v1.ChatMessage;
import dev.modelmuxer.v1.RouteRequest;
import dev.modelmuxer.v1.StreamChatCompletionRequest;
import dev.modelmuxer.v1.StreamChatCompletionResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Talks to the scripted router, tests/clients/scripted_server.py, at MODELMUXER_TARGET. */
class ModelMuxerClientTest {
  private static final String TARGET =
      Objects.requireNonNull(System.getenv("MODELMUXER_TARGET"), "MODELMUXER_TARGET does not say where the router is");

  private final ModelMuxerClient client = ModelMuxerClient.plaintext(TARGET, "test-key");

  @AfterEach
  void close() {
    client.close();
  }

  private static ChatMessage says(String content) {
    return ChatMessage.newBuilder().setRole("user").setContent(content).build();
  }

  private static ChatCompletionRequest chat(String content) {
    return ChatCompletionRequest.newBuilder().addMessages(says(content)).build();
  }

  private Iterator<StreamChatCompletionResponse> stream(String content) {
    StreamChatCompletionRequest request = StreamChatCompletionRequest.newBuilder().setRequest(chat(content)).build();
    return client.blocking().withDeadlineAfter(10, SECONDS).streamChatCompletion(request);
  }

  /** The decoded error of a call that the script fails. */
  private static ModelMuxerException failure(String apiKey, String script) {
    RouteRequest request = RouteRequest.newBuilder().addMessages(says(script)).build();
    try (ModelMuxerClient client = ModelMuxerClient.plaintext(TARGET, apiKey)) {
      return ModelMuxerException.from(
          assertThrows(
              StatusRuntimeException.class, () -> client.blocking().withDeadlineAfter(10, SECONDS).route(request)));
    }
  }

  @Test
  void anAnswerComesWithItsCostAndTheDecision() {
    ChatCompletionResponse answer = client.blocking().withDeadlineAfter(10, SECONDS).chatCompletion(chat("Hello"));

    assertEquals(
        "{\"messages\": [{\"content\": \"Hello\", \"role\": \"user\"}]}",
        answer.getChoices(0).getMessage().getContent());
    assertEquals(125_000_000L, answer.getCost().getPicoUsd());
    assertEquals("gpt-6-luna", answer.getDecision().getSelectedModel());
  }

  @Test
  void aStreamBringsTheAnswerInPiecesAndTheDecisionLast() {
    StringBuilder text = new StringBuilder();
    String selected = "";
    for (Iterator<StreamChatCompletionResponse> chunks = stream("Hello"); chunks.hasNext(); ) {
      StreamChatCompletionResponse chunk = chunks.next();
      text.append(chunk.getChoices(0).getDelta().getContent());
      selected = chunk.getDecision().getSelectedModel();
    }

    assertEquals("{\"messages\": [{\"content\": \"Hello\", \"role\": \"user\"}]}", text.toString());
    assertEquals("gpt-6-luna", selected);
  }

  @Test
  void aStreamThatBreaksFailsAfterWhatHadArrived() {
    Iterator<StreamChatCompletionResponse> chunks = stream("break");

    assertEquals("{", chunks.next().getChoices(0).getDelta().getContent());
    StatusRuntimeException thrown = assertThrows(StatusRuntimeException.class, chunks::next);
    assertEquals("PROVIDER_ERROR", ModelMuxerException.from(thrown).reason());
  }

  @Test
  void anErrorTellsReasonStatusTextAndDetails() {
    ModelMuxerException error = failure("test-key", "fail INSUFFICIENT_BUDGET");

    assertEquals("INSUFFICIENT_BUDGET", error.reason());
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, error.code());
    assertEquals("No model fits the budget of $0.08.", error.getMessage());
    assertEquals(Map.of("limit", "0.08", "estimate", "0.12"), error.details());
    assertEquals(Optional.empty(), error.retryAfter());
    assertEquals(Optional.empty(), error.field());
    assertInstanceOf(StatusRuntimeException.class, error.getCause());
  }

  @Test
  void anErrorTellsWhenToTryAgain() {
    assertEquals(
        Optional.of(Duration.ofMillis(1500)), failure("test-key", "fail SECURITY_RATE_LIMIT").retryAfter());
  }

  @Test
  void anErrorTellsWhichFieldIsAtFault() {
    assertEquals(Optional.of("messages[0].role"), failure("test-key", "fail MISSING_FIELD").field());
  }

  @Test
  void anErrorThatIsNotTheRoutersHasNoReason() {
    ModelMuxerException plain = failure("test-key", "fail plainly");

    assertEquals("UNSPECIFIED", plain.reason());
    assertEquals(Status.Code.INTERNAL, plain.code());
    assertEquals("Something broke.", plain.getMessage());
    assertEquals("UNSPECIFIED", failure("test-key", "fail foreign").reason());
    assertEquals("UNSPECIFIED", failure("test-key", "fail garbled").reason());
  }

  @Test
  void aMissingOrWrongKeyIsRefused() {
    assertEquals("INVALID_API_KEY", failure("wrong-key", "Hello").reason());
    assertEquals("INVALID_API_KEY", failure("", "Hello").reason());
  }

  @Test
  void aDeadlineThatPassesHereHasNoReason() {
    StatusRuntimeException thrown =
        assertThrows(
            StatusRuntimeException.class,
            () -> client.blocking().withDeadlineAfter(100, MILLISECONDS).chatCompletion(chat("wait")));

    ModelMuxerException error = ModelMuxerException.from(thrown);
    assertEquals("UNSPECIFIED", error.reason());
    assertEquals(Status.Code.DEADLINE_EXCEEDED, error.code());
  }

  @Test
  void anythingElseThatIsThrownIsAnErrorWithoutAReasonAndADecodedErrorStaysItself() {
    ModelMuxerException error = ModelMuxerException.from(new IllegalStateException("out of cheese"));

    assertEquals("UNSPECIFIED", error.reason());
    assertEquals("out of cheese", error.getMessage());
    assertSame(error, ModelMuxerException.from(error));
  }
}
