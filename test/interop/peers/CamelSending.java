import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.component.as2.api.entity.AS2MessageDispositionNotificationEntity;
import org.apache.camel.component.as2.api.entity.MultipartMimeEntity;
import org.apache.camel.component.as2.api.entity.MultipartSignedEntity;
import org.apache.camel.component.as2.api.util.MicUtils;
import org.apache.camel.component.as2.api.util.SigningUtils;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.protocol.HttpCoreContext;

/** Messages of Camel to us, and the MDNs that it got for them. */
class CamelSending {
    final Map<String, Map<String, String>> agreements = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<HttpEntity>> receipts = new ConcurrentHashMap<>();
    private final CamelRoutes routes;

    CamelSending(CamelRoutes routes) {
        this.routes = routes;
    }

    void receipt(Exchange exchange) {
        HttpEntity entity = exchange.getMessage().getBody(HttpEntity.class);
        String messageId = notification(entity).getOriginalMessageId();
        receipts.computeIfAbsent(messageId, id -> new CompletableFuture<>()).complete(entity);
    }

    Map<String, Object> send(Map<String, String> form) throws Exception {
        Map<String, String> agreement = agreements.get(form.get("number"));
        Path file = Path.of(form.get("file"));
        byte[] content = Files.readAllBytes(file);
        // Camel sends EDI, of a kind that both agreed on if it is no other.
        boolean edi = form.get("contentType").matches("(?i)application/(edifact|edi-x12|edi-consent|xml)");
        String contentType = edi ? form.get("contentType") : "application/edi-consent";
        Endpoint endpoint = routes.client(agreement, contentType, file.getFileName().toString());
        Exchange exchange = routes.main.getCamelTemplate().send(endpoint,
            each -> each.getMessage().setBody(new ByteArrayInputStream(content)));
        Map<String, Object> account = new LinkedHashMap<>();
        account.put("status", "failed");
        if (exchange.getException() != null) {
            account.put("told", CamelPeer.chain(exchange.getException()));
            return account;
        }
        HttpCoreContext context = exchange.getProperty("CamelAs2.interchange", HttpCoreContext.class);
        ClassicHttpRequest request = (ClassicHttpRequest) context.getRequest();
        String messageId = request.getFirstHeader("Message-ID").getValue();
        account.put("messageId", messageId);
        int status = context.getResponse().getCode();
        if (status >= 300) {
            account.put("told", "HTTP " + status);
            return account;
        }
        if (agreement.get("mdn").equals("none")) {
            account.put("status", "none");
            return account;
        }
        HttpEntity entity = exchange.getMessage().getBody(HttpEntity.class);
        if (agreement.get("mdn").startsWith("async")) {
            try {
                entity = receipts.computeIfAbsent(messageId, id -> new CompletableFuture<>()).get(20, TimeUnit.SECONDS);
            } catch (TimeoutException none) {
                account.put("told", "no asynchronous MDN");
                return account;
            }
        }
        judge(account, entity, agreement);
        // Camel compares no MIC itself; its own tests have that of what they sent in this way, which needs the content.
        if (!agreement.get("layers").contains("encrypted")) {
            MicUtils.ReceivedContentMic mic = MicUtils.createReceivedContentMic(request, null, null);
            if (mic != null) account.put("mic", mic.getEncodedMessageDigest());
        }
        return account;
    }

    /** Camel hands the MDN over as it is; its `SigningUtils` verify it. */
    private static void judge(Map<String, Object> account, HttpEntity entity, Map<String, String> agreement)
        throws Exception {
        AS2MessageDispositionNotificationEntity mdn = notification(entity);
        if (mdn == null) {
            account.put("told", "no MDN");
            return;
        }
        tell(account, mdn);
        account.remove("mic");
        account.put("mdnSigned", entity instanceof MultipartSignedEntity);
        if (entity instanceof MultipartSignedEntity signed
            && !SigningUtils.isValid(signed, CamelRoutes.chainOf(agreement.get("usSignCertificate")))) {
            account.put("status", "failed");
            account.put("told", "the signature of the MDN does not hold");
        }
        if (!account.get("messageId").equals(mdn.getOriginalMessageId())) {
            account.put("status", "failed");
            account.put("told", "the MDN is for " + mdn.getOriginalMessageId());
        }
    }

    static AS2MessageDispositionNotificationEntity notification(HttpEntity entity) {
        HttpEntity report = entity instanceof MultipartSignedEntity signed ? signed.getPart(0) : entity;
        return report instanceof MultipartMimeEntity parts && parts.getPartCount() > 1
            && parts.getPart(1) instanceof AS2MessageDispositionNotificationEntity found ? found : null;
    }

    static void tell(Map<String, Object> account, AS2MessageDispositionNotificationEntity mdn) {
        String modifier = mdn.getDispositionModifier() == null ? "" : "/" + mdn.getDispositionModifier();
        String disposition = mdn.getDispositionMode() + ";" + mdn.getDispositionType() + modifier;
        account.put("disposition", disposition);
        account.put("status", disposition.matches("(?i).*;\\s*processed(/warning.*)?") ? "processed" : "failed");
        if (mdn.getReceivedContentMic() != null) account.put("mic", mdn.getReceivedContentMic().getEncodedMessageDigest());
    }
}
