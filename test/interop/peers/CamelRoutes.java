import java.io.FileInputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.as2.api.AS2CompressionAlgorithm;
import org.apache.camel.component.as2.api.AS2EncryptionAlgorithm;
import org.apache.camel.component.as2.api.AS2MessageStructure;
import org.apache.camel.component.as2.api.AS2SignatureAlgorithm;
import org.apache.camel.main.Main;

/** Routes and endpoints for each agreement: the server of Camel has its keys by path, and knows no AS2 names. */
class CamelRoutes {
    final CamelSending sending = new CamelSending(this);
    final CamelReceiving receiving = new CamelReceiving();
    final Main main;
    private final int port;
    private final int receiptPort;

    CamelRoutes(Main main, int port, int receiptPort) {
        this.main = main;
        this.port = port;
        this.receiptPort = receiptPort;
    }

    Map<String, Object> agree(Map<String, String> form) throws Exception {
        String number = form.get("number");
        sending.agreements.put(number, form);
        Endpoint endpoint = form.get("direction").equals("to-peer") || "certificates".equals(form.get("event"))
            ? server(form) : null;
        Endpoint receipt = form.get("direction").equals("from-peer") && form.get("mdn").startsWith("async")
            ? endpoint("as2:receipt/receive?requestUriPattern=/mdn/" + number, settings("asyncMdnPortNumber", receiptPort))
            : null;
        main.getCamelContext().addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                if (endpoint != null) from(endpoint).process(exchange -> receiving.keep(exchange, form));
                if (receipt != null) from(receipt).process(sending::receipt);
            }
        });
        return Map.of();
    }

    /** With a certificate of ours Camel demands a signature, with a key to decrypt, encryption. */
    private Endpoint server(Map<String, String> form) throws Exception {
        boolean unsigned = !form.get("layers").contains("signed") && form.get("event") == null;
        boolean clear = !form.get("layers").contains("encrypted") && form.get("event") == null;
        return endpoint("as2:server/listen?requestUriPattern=/as2/" + form.get("number"), settings(
            "serverPortNumber", port,
            "signingAlgorithm", signature(form),
            "signingCertificateChain", chainOf(form.get("peerSignCertificate")),
            "signingPrivateKey", key(form.get("peerSignKey")),
            "validateSigningCertificateChain", unsigned ? null : chainOf(form.get("usSignCertificate")),
            "decryptingPrivateKey", clear ? null : key(form.get("peerDecryptKey"))));
    }

    Endpoint client(Map<String, String> form, String contentType, String fileName) throws Exception {
        URI url = URI.create(form.get("usUrl"));
        String mdn = form.get("mdn");
        String layers = form.get("layers");
        boolean signed = layers.contains("signed");
        boolean encrypted = layers.contains("encrypted");
        return endpoint("as2:client/send?subject=Camel+" + form.get("number"), settings(
            "inBody", "ediMessage",
            "targetHostname", url.getHost(),
            "targetPortNumber", url.getPort(),
            "requestUri", url.getPath(),
            "httpSocketTimeout", "60s",
            "clientFqdn", "camel.test",
            "from", "as2@camel.test",
            "as2From", atom(form.get("peerId")),
            "as2To", atom(form.get("usId")),
            "as2MessageStructure", structure(layers),
            "ediMessageContentType", contentType,
            "attachedFileName", form.get("fileName").equals("none") ? null : fileName,
            "signingAlgorithm", signed ? signature(form) : null,
            "signingCertificateChain", signed ? chainOf(form.get("peerSignCertificate")) : null,
            "signingPrivateKey", signed ? key(form.get("peerSignKey")) : null,
            "compressionAlgorithm", layers.contains("compressed") ? AS2CompressionAlgorithm.ZLIB : null,
            "encryptingAlgorithm", encrypted ? cipher(form.get("cipher")) : null,
            "encryptingCertificateChain", encrypted ? chainOf(form.get("usEncryptCertificate")) : null,
            "dispositionNotificationTo", mdn.equals("none") ? null : "as2@camel.test",
            "signedReceiptMicAlgorithms", mdn.endsWith("-signed") ? form.get("digest") : null,
            "receiptDeliveryOption",
            mdn.startsWith("async") ? "http://127.0.0.1:" + receiptPort + "/mdn/" + form.get("number") : null));
    }

    private Endpoint endpoint(String uri, Map<String, Object> settings) {
        return main.getCamelContext().getEndpoint(uri, settings);
    }

    static Map<String, Object> settings(Object... both) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (int at = 0; at < both.length; at += 2) if (both[at + 1] != null) settings.put((String) both[at], both[at + 1]);
        return settings;
    }

    static AS2SignatureAlgorithm signature(Map<String, String> form) throws Exception {
        boolean ec = key(form.get("peerSignKey")).getAlgorithm().equals("EC");
        String scheme = ec ? "ECDSA" : form.get("scheme").equals("rsa-pss") ? "RSAANDMGF1" : "RSA";
        return AS2SignatureAlgorithm.valueOf(form.get("digest").toUpperCase().replace("-", "") + "WITH" + scheme);
    }

    static AS2EncryptionAlgorithm cipher(String name) {
        if (name.equals("3des")) return AS2EncryptionAlgorithm.DES_EDE3_CBC;
        return AS2EncryptionAlgorithm.valueOf(name.replace(" in EnvelopedData", "").replace("-", "_").toUpperCase());
    }

    static AS2MessageStructure structure(String layers) {
        return switch (layers) {
            case "compressed" -> AS2MessageStructure.PLAIN_COMPRESSED;
            case "compressed-encrypted" -> AS2MessageStructure.ENCRYPTED_COMPRESSED;
            case "compressed-signed-encrypted" -> AS2MessageStructure.ENCRYPTED_COMPRESSED_SIGNED;
            case "signed-compressed-encrypted" -> AS2MessageStructure.ENCRYPTED_SIGNED_COMPRESSED;
            default -> AS2MessageStructure.valueOf(layers.replace("-", "_").toUpperCase());
        };
    }

    /** Camel wants names as they stand in the header field. */
    static String atom(String name) {
        return name.matches("[^ \"\\\\]+") ? name : '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    static PrivateKey key(String file) throws Exception {
        String pem = Files.readString(Path.of(file)).replaceAll("-----[^-]+-----|\\s", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (InvalidKeySpecException other) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }

    static Certificate[] chainOf(String file) throws Exception {
        try (FileInputStream pem = new FileInputStream(file)) {
            return new Certificate[] {CertificateFactory.getInstance("X.509").generateCertificate(pem)};
        }
    }
}
