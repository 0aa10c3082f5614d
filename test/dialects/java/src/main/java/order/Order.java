package order;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.client.RestTemplateBuilder;
import org.springframework.boot.web.servlet.context.ServletWebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestTemplate;

/** The caller in Java: Spring's RestTemplate with resilience4j, under Micrometer's tracing or under the Java agent. */
@SpringBootApplication
@RestController
public class Order {
  private static final String URL = "http://127.0.0.1:" + System.getenv("PAYMENT_HTTP_PORT") + "/charges";
  private static final Duration LIMIT = Duration.ofMillis(150);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final RestTemplate patient;
  private final RestTemplate limited;
  private final Retry retry =
      Retry.of("payment", RetryConfig.custom().maxAttempts(2).waitDuration(Duration.ofMillis(30)).build());

  /** Opens after 4 failures, 20 good calls before them, and stays open beyond the recording. */
  private final CircuitBreaker breaker =
      CircuitBreaker.of(
          "payment",
          CircuitBreakerConfig.custom()
              .slidingWindowSize(20)
              .minimumNumberOfCalls(20)
              .failureRateThreshold(20)
              .waitDurationInOpenState(Duration.ofMinutes(1))
              .build());

  private final Map<String, Consumer<String>> cases =
      Map.of(
          "timeout", this::chargeInTime,
          "retry-reset", id -> retry.executeRunnable(() -> charge(id)),
          "retry-503", id -> retry.executeRunnable(() -> charge(id)),
          "retry-timeout", id -> retry.executeRunnable(() -> chargeInTime(id)),
          "breaker", id -> breaker.executeRunnable(() -> chargeInTime(id)),
          "fallback", this::chargeOrLater,
          "shed", this::charge);

  Order(RestTemplateBuilder builder) {
    patient = limitedTo(builder, PATIENCE);
    limited = limitedTo(builder, LIMIT);
  }

  public static void main(String[] args) {
    SpringApplication.run(Order.class, args);
  }

  private static RestTemplate limitedTo(RestTemplateBuilder builder, Duration limit) {
    return builder
        .requestFactory(
            () -> {
              var factory = new JdkClientHttpRequestFactory();
              factory.setReadTimeout(limit);
              return factory;
            })
        .build();
  }

  @PostMapping("/checkout/{name}")
  ResponseEntity<String> checkout(
      @PathVariable("name") String name, @RequestHeader("x-order-id") String orderId) {
    try {
      cases.get(name).accept(orderId);
      return ResponseEntity.ok("{}");
    } catch (HttpClientErrorException.TooManyRequests error) {
      return ResponseEntity.status(429).body("{}");
    } catch (RuntimeException error) {
      return ResponseEntity.status(String.valueOf(error.getMessage()).contains("timed out") ? 504 : 502).body("{}");
    }
  }

  private void charge(String orderId) {
    chargeBy(patient, orderId);
  }

  private void chargeInTime(String orderId) {
    chargeBy(limited, orderId);
  }

  private void chargeOrLater(String orderId) {
    try {
      charge(orderId);
    } catch (RuntimeException error) {
      // The point of a fallback: whatever it was, go on.
    }
  }

  private static void chargeBy(RestTemplate rest, String orderId) {
    var headers = new HttpHeaders();
    headers.set("x-order-id", orderId);
    rest.postForObject(URL, new HttpEntity<>("{}", headers), String.class);
  }

  /** Says where it listens, as the other callers do. */
  @EventListener
  void listening(ServletWebServerInitializedEvent event) {
    var names = cases.keySet().stream().sorted().map(name -> '"' + name + '"').collect(Collectors.joining(","));
    System.out.println("{\"port\":" + event.getWebServer().getPort() + ",\"cases\":[" + names + "]}");
  }

  /** Of Micrometer's tracing; the agent has its own. */
  @Bean
  @ConditionalOnProperty("management.otlp.tracing.endpoint")
  static BatchSpanProcessor spans(SpanExporter exporter) {
    return BatchSpanProcessor.builder(exporter).setScheduleDelay(Duration.ofMillis(200)).build();
  }
}
