import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.component.as2.api.AS2AsynchronousMDNManager;
import org.apache.camel.component.as2.api.entity.AS2MessageDispositionNotificationEntity;
import org.apache.camel.component.as2.api.entity.ApplicationEntity;
import org.apache.camel.component.as2.api.util.AS2HeaderUtils;
import org.apache.camel.component.as2.api.util.HttpMessageUtils;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.protocol.HttpCoreContext;

/** What Camel took from us, and the MDNs that it made. */
class CamelReceiving {
    private final Map<String, Received> received = new ConcurrentHashMap<>();
    /** The one whose MDN Camel is about to make, after the route. */
    private Received last;

    /** The body of a message that Camel took; its MDN is made after the route. */
    void keep(Exchange exchange, Map<String, String> form) throws Exception {
        HttpCoreContext context = exchange.getProperty("CamelAs2.interchange", HttpCoreContext.class);
        Path file = Path.of("received", exchange.getExchangeId());
        Files.createDirectories(file.getParent());
        Files.write(file, exchange.getMessage().getBody(byte[].class));
        Received one = new Received(context.getRequest().getFirstHeader("Message-ID").getValue(), file, context, form);
        synchronized (received) {
            if (last != null) last.finish();
            last = one;
            Received before = received.put(one.messageId, one);
            one.account.put("stored", before == null ? 1 : (int) before.account.get("stored") + 1);
        }
    }

    private static final class Received {
        final String messageId;
        final Path file;
        final Map<String, Object> account = new LinkedHashMap<>();
        ClassicHttpRequest request;
        HttpCoreContext context;
        final Map<String, String> form;

        Received(String messageId, Path file, HttpCoreContext context, Map<String, String> form) {
            this.messageId = messageId;
            this.file = file;
            this.request = (ClassicHttpRequest) context.getRequest();
            this.context = context;
            this.form = form;
        }

        /** What the MDN says that Camel made by now; then lets go of the message, as Camel itself does. */
        void finish() {
            if (context == null) return;
            account.put("messageId", messageId);
            account.put("payloadFile", file.toAbsolutePath().toString());
            account.put("status", "none");
            HttpEntity answer = context.getResponse() instanceof ClassicHttpResponse response ? response.getEntity() : null;
            // The context is that of a connection; what an earlier message left there is no MDN of this one.
            Object later = context.getAttribute(AS2AsynchronousMDNManager.ASYNCHRONOUS_MDN);
            for (HttpEntity each : new HttpEntity[] {answer, (HttpEntity) later}) {
                AS2MessageDispositionNotificationEntity mdn = CamelSending.notification(each);
                if (mdn != null && messageId.equals(mdn.getOriginalMessageId())) CamelSending.tell(account, mdn);
            }
            request = null;
            context = null;
        }
    }

    Map<String, Object> received(Map<String, String> form) throws Exception {
        Received one = received.get(form.get("messageId"));
        if (one == null) return null;
        synchronized (received) {
            if (one.request != null) one.account.put("fileName", fileName(one));
            one.finish();
            return one.account;
        }
    }

    /** A route is given the content alone; the header fields beside it are had by unwrapping the request once more. */
    private static String fileName(Received one) throws Exception {
        String layers = one.form.get("layers");
        if (layers.equals("plain"))
            return HttpMessageUtils.getParameterValue(one.request, "Content-Disposition", "filename");
        HttpMessageUtils.DecrpytingAndSigningInfo keys = new HttpMessageUtils.DecrpytingAndSigningInfo(
            layers.contains("signed") ? CamelRoutes.chainOf(one.form.get("usSignCertificate")) : null,
            layers.contains("encrypted") ? CamelRoutes.key(one.form.get("peerDecryptKey")) : null);
        ApplicationEntity entity = HttpMessageUtils.extractEdiPayload(one.request, keys);
        return AS2HeaderUtils.getParameterValue(entity.getAllHeaders(), "Content-Disposition", "filename");
    }
}
