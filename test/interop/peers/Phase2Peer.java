import com.helger.as2lib.exception.AS2Exception;
import com.helger.as2lib.message.AS2Message;
import com.helger.as2lib.message.AS2MessageMDN;
import com.helger.as2lib.message.IMessage;
import com.helger.as2lib.message.IMessageMDN;
import com.helger.as2lib.params.MessageParameters;
import com.helger.as2lib.processor.CNetAttribute;
import com.helger.as2lib.processor.module.AbstractProcessorModule;
import com.helger.as2lib.processor.receiver.AS2DirectoryPollingModule;
import com.helger.as2lib.processor.sender.IProcessorSenderModule;
import com.helger.as2lib.processor.storage.IProcessorStorageModule;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Drives phase2. Arguments: port for messages, port for asynchronous MDNs, port for control. */
public class Phase2Peer {
  private static final Map<String, Map<String, String>> agreements = new ConcurrentHashMap<>();
  /** By Message-ID. */
  private static final Map<String, Map<String, Object>> received = new ConcurrentHashMap<>();
  private static final Map<String, AS2Message> sent = new ConcurrentHashMap<>();
  private static final Map<String, CompletableFuture<Map<String, Object>>> receipts = new ConcurrentHashMap<>();
  private static Phase2Server server;

  public static void main(String[] ports) throws Exception {
    server = new Phase2Server(ports[0], ports[1], Phase2Peer::onReceipt, new Register());
    HttpServer control = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(ports[2])), 0);
    control.setExecutor(Executors.newCachedThreadPool());
    control.createContext("/", Phase2Peer::answer);
    control.start();
  }

  /** Sends a file as if it had been found in a polled directory. */
  private static Map<String, Object> send(Map<String, String> form) throws Exception {
    Map<String, String> agreement = agreements.get(form.get("number"));
    File file = new File(form.get("file"));
    AS2Message message = new AS2Message();
    message.partnership().setSenderAS2ID(Phase2Server.written(agreement.get("peerId")));
    message.partnership().setReceiverAS2ID(Phase2Server.written(agreement.get("usId")));
    message.attrs().putIn("filename", file.getName());
    AS2DirectoryPollingModule polling = new AS2DirectoryPollingModule();
    var settings = Phase2Server.settings("outboxdir", "out", "errordir", "error", "interval", "5");
    settings.putIn("mimetype", form.get("contentType"));
    settings.putIn("sendfilename", String.valueOf(!agreement.get("fileName").equals("none")));
    polling.initDynamicComponent(server.session, settings);
    polling.updateMessage(message, file);
    sent.put(message.getMessageID(), message);
    return transmit(message);
  }

  /** Also what its resenders do with a message that they kept. */
  private static Map<String, Object> transmit(AS2Message message) {
    CompletableFuture<Map<String, Object>> receipt = new CompletableFuture<>();
    receipts.put(message.getMessageID(), receipt);
    boolean wanted = message.isRequestingMDN();
    int patience = message.partnership().getAS2ReceiptDeliveryOption() == null ? 0 : 10;
    Map<String, Object> account = new LinkedHashMap<>();
    account.put("status", wanted ? "failed" : "none");
    try {
      server.session.getMessageProcessor().handle(IProcessorSenderModule.DO_SEND, message, null);
      if (wanted) account.putAll(receipt.get(patience, TimeUnit.SECONDS));
    } catch (Exception error) {
      account.putAll(receipt.getNow(Map.of()));
      account.put("status", "failed");
      account.put("told", error.toString());
    }
    // Nobody need wait for what was never sent.
    boolean gone = message.attrs().containsKey(CNetAttribute.MA_DESTINATION_IP);
    if (gone) account.put("messageId", message.getMessageID());
    account.put("mic", message.attrs().getAsString(AS2Message.ATTRIBUTE_MIC));
    return account;
  }

  private static void onReceipt(
      boolean sync,
      IMessageMDN mdn,
      String from,
      String to,
      String disposition,
      String mic,
      String messageId,
      boolean signed,
      boolean same) {
    CompletableFuture<Map<String, Object>> receipt = receipts.get(messageId);
    if (receipt == null) return;
    Map<String, Object> account = new HashMap<>();
    account.put("status", same && isGood(disposition) ? "processed" : "failed");
    account.put("disposition", disposition);
    account.put("mdnSigned", signed);
    account.put("told", same ? mdn.getText() : "MIC is not matched: " + mic);
    receipt.complete(account);
  }

  private static boolean isGood(String disposition) {
    return disposition != null && disposition.matches("(?i)[^;]+; *processed(/warning.*)?");
  }

  /** Comes after the modules that store, and remembers what they did with a received message. */
  private static class Register extends AbstractProcessorModule {
    public boolean canHandle(String action, IMessage message, Map<String, Object> options) {
      return action.equals(IProcessorStorageModule.DO_STORE) || action.equals(IProcessorStorageModule.DO_STOREMDN);
    }

    public void handle(String action, IMessage message, Map<String, Object> options) throws AS2Exception {
      String messageId = message.getMessageID();
      if (sent.containsKey(messageId)) return;
      Map<String, Object> account = new LinkedHashMap<>(received.getOrDefault(messageId, Map.of()));
      account.put("messageId", messageId);
      if (action.equals(IProcessorStorageModule.DO_STORE)) {
        account.merge("stored", 1, (before, one) -> (int) before + (int) one);
        account.put("payloadFile", message.attrs().getAsString(MessageParameters.ATTR_STORED_FILE_NAME));
        account.put("fileName", new MessageParameters(message).getParameter("content-disposition.filename"));
        if (!message.isRequestingMDN()) account.put("status", "none");
      } else {
        var mdn = message.getMDN().attrs();
        String disposition = mdn.getAsString(AS2MessageMDN.MDNA_DISPOSITION);
        account.put("status", isGood(disposition) ? "processed" : "failed");
        account.put("disposition", disposition);
        account.put("mic", mdn.getAsString(AS2MessageMDN.MDNA_MIC));
      }
      received.put(messageId, account);
    }
  }

  private static void answer(HttpExchange exchange) {
    int status = 200;
    String text = "";
    try {
      Map<String, String> form = new HashMap<>();
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      for (String field : body.split("&")) {
        String[] pair = field.split("=", 2);
        if (pair.length == 2) form.put(decoded(pair[0]), decoded(pair[1]));
      }
      Map<String, Object> account = done(exchange.getRequestURI().getPath(), form);
      if (account == null) status = 404;
      else text = json(account);
    } catch (Exception error) {
      error.printStackTrace();
      status = 500;
      text = error.toString();
    }
    try (exchange) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (IOException gone) {
      gone.printStackTrace();
    }
  }

  private static Map<String, Object> done(String what, Map<String, String> form) throws Exception {
    switch (what) {
      case "/agree":
        agreements.put(form.get("number"), form);
        server.agree(form);
        return Map.of();
      case "/send":
        return send(form);
      case "/again":
        return transmit(sent.get(form.get("messageId")));
      case "/received":
        Map<String, Object> account = received.get(form.get("messageId"));
        // Without a status it is stored, and its MDN is not yet.
        return account != null && account.containsKey("status") ? account : null;
      default:
        return null;
    }
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String json(Map<String, Object> account) {
    return account.entrySet().stream()
        .filter(entry -> entry.getValue() != null)
        .map(entry -> json(entry.getKey()) + ":" + json(entry.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String json(Object value) {
    if (value instanceof Boolean || value instanceof Integer) return value.toString();
    StringBuilder text = new StringBuilder("\"");
    for (char each : value.toString().toCharArray()) {
      if (each < ' ' || each == '"' || each == '\\') text.append(String.format("\\u%04x", (int) each));
      else text.append(each);
    }
    return text.append('"').toString();
  }
}
