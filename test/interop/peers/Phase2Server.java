import com.helger.as2lib.cert.CertificateFactory;
import com.helger.as2lib.exception.AS2Exception;
import com.helger.as2lib.partner.Partnership;
import com.helger.as2lib.partner.xml.XMLPartnershipFactory;
import com.helger.as2lib.processor.DefaultMessageProcessor;
import com.helger.as2lib.processor.module.IProcessorModule;
import com.helger.as2lib.processor.receiver.AS2MDNReceiverModule;
import com.helger.as2lib.processor.receiver.AS2ReceiverModule;
import com.helger.as2lib.processor.receiver.net.AS2MDNReceiverHandler;
import com.helger.as2lib.processor.sender.AS2SenderModule;
import com.helger.as2lib.processor.sender.AsynchMDNSenderModule;
import com.helger.as2lib.processor.storage.MDNFileModule;
import com.helger.as2lib.processor.storage.MessageFileModule;
import com.helger.as2lib.session.AS2Session;
import com.helger.as2lib.util.http.IAS2IncomingMDNCallback;
import com.helger.commons.collection.attr.StringMap;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;

/**
 * phase2 with the modules, and their settings, of the `config.xml` that it comes with: its own main class, which reads
 * that file, is not to be had in this version. Partners are added while it runs, as its commands do.
 */
class Phase2Server {
  final AS2Session session = new AS2Session();
  private final CertificateFactory certificates = new CertificateFactory();
  private final XMLPartnershipFactory partnerships = new XMLPartnershipFactory();
  private final DefaultMessageProcessor processor = new DefaultMessageProcessor();
  private final String mdnPort;

  /** `register` comes after the modules that store. */
  Phase2Server(String port, String mdnPort, IAS2IncomingMDNCallback onReceipt, IProcessorModule register)
      throws Exception {
    this.mdnPort = mdnPort;
    // Otherwise whoever sends brings the certificate that the signature is verified with.
    session.setCryptoVerifyUseCertificateInBodyPart(false);
    certificates.setPassword("changeit");
    certificates.initDynamicComponent(session, null);
    certificates.getKeyStore().load(null, certificates.getPassword());
    session.setCertificateFactory(certificates);
    Files.writeString(Path.of("partnerships.xml"), "<partnerships/>");
    partnerships.initDynamicComponent(session, settings("filename", "partnerships.xml", "disablebackup", "true"));
    session.setPartnershipFactory(partnerships);
    processor.initDynamicComponent(session, settings("pendingmdn", "pending", "pendingmdninfo", "pending-info"));
    session.setMessageProcessor(processor);

    AS2SenderModule sender = new AS2SenderModule();
    sender.setIncomingMDNCallback(onReceipt);
    AS2MDNReceiverModule mdnReceiver = new AS2MDNReceiverModule() {
      @Override
      public AS2MDNReceiverHandler createHandler() {
        AS2MDNReceiverHandler handler = super.createHandler();
        handler.setIncomingMDNCallback(onReceipt);
        return handler;
      }
    };
    String name = "$msg.sender.as2_id$-$msg.receiver.as2_id$-$msg.headers.message-id$";
    String mdnName = name.replace("$msg.", "$mdn.msg.");
    add(sender);
    add(new AsynchMDNSenderModule());
    add(new MDNFileModule(), "filename", "mdn/" + mdnName, "protocol", "as2", "tempdir", "temp");
    add(new MessageFileModule(), "filename", "inbox/" + name, "protocol", "as2", "tempdir", "temp");
    add(register);
    add(new AS2ReceiverModule(), "address", "127.0.0.1", "port", port, "errordir", "error");
    add(mdnReceiver, "address", "127.0.0.1", "port", mdnPort);
    processor.startActiveModules();
  }

  private void add(IProcessorModule module, String... settings) throws AS2Exception {
    module.initDynamicComponent(session, settings(settings));
    processor.addModule(module);
  }

  static StringMap settings(String... pairs) {
    StringMap map = new StringMap();
    for (int i = 0; i < pairs.length; i += 2) map.putIn(pairs[i], pairs[i + 1]);
    return map;
  }

  /** What an operator writes into `partnerships.xml` and the key store. */
  void agree(Map<String, String> form) throws Exception {
    String number = form.get("number");
    // A partner has one certificate there, for whatever it is needed in this direction.
    boolean sends = form.get("direction").equals("from-peer");
    String peer = certificate(form, sends ? "peerSign" : "peerDecrypt");
    String us = certificate(form, sends ? "usEncrypt" : "usSign");
    Partnership out = new Partnership("to " + number);
    out.setSenderAS2ID(written(form.get("peerId")));
    out.setSenderX509Alias(peer);
    out.setSenderEmail("peer@example.org");
    out.setReceiverAS2ID(written(form.get("usId")));
    out.setReceiverX509Alias(us);
    out.setAS2URL(form.get("usUrl"));
    out.setSubject("Case " + number);
    String digest = form.get("digest");
    protect(out, form, form.get("scheme").equals("rsa-pss") ? "rsassa-pss-" + digest : digest);
    String mdn = form.get("mdn");
    if (!mdn.equals("none")) out.setAS2MDNTo("peer@example.org");
    if (mdn.endsWith("-signed")) {
      String protocol = "signed-receipt-protocol=required, pkcs7-signature; ";
      out.setAS2MDNOptions(protocol + "signed-receipt-micalg=required, " + digest);
    }
    if (mdn.startsWith("async")) out.setAS2ReceiptDeliveryOption("http://127.0.0.1:" + mdnPort + "/");
    partnerships.addPartnership(out);

    Partnership in = new Partnership("from " + number);
    in.setSenderAS2ID(out.getReceiverAS2ID());
    in.setSenderX509Alias(us);
    in.setReceiverAS2ID(out.getSenderAS2ID());
    in.setReceiverX509Alias(peer);
    in.setReceiverEmail("peer@example.org");
    // What it computes the MIC over, and with, follows from this.
    protect(in, form, digest);
    // Its only way to ask for a signature.
    if (in.getSigningAlgorithm() != null || "unsigned".equals(form.get("event"))) in.setForceVerify(true);
    partnerships.addPartnership(in);
  }

  private static void protect(Partnership one, Map<String, String> form, String signing) {
    String layers = form.get("layers");
    if (layers.contains("signed")) one.setSigningAlgorithm(signing);
    if (layers.contains("encrypted")) one.setEncryptAlgorithm(form.get("cipher").split(" ")[0]);
    if (!layers.contains("compressed")) return;
    one.setCompressionType("zlib");
    // Before signing, it takes its MIC of what is compressed, which is wrong where nothing is signed.
    if (layers.contains("compressed-signed")) one.setCompressionModeCompressBeforeSigning();
    else one.setCompressionModeCompressAfterSigning();
  }

  /** Names are configured, compared and sent as they stand in a header. */
  static String written(String name) {
    return name.matches("[^ \"\\\\]+") ? name : '"' + name.replaceAll("[\"\\\\]", "\\\\$0") + '"';
  }

  /** Adds a certificate to the key store, with its key if we are told one. Returns its alias. */
  private synchronized String certificate(Map<String, String> form, String which) throws Exception {
    Path file = Path.of(form.get(which + "Certificate"));
    String keyFile = form.get(which + "Key");
    String alias = (keyFile == null ? "partner " : "own ") + file.getFileName();
    KeyStore store = certificates.getKeyStore();
    if (store.containsAlias(alias)) return alias;
    X509Certificate read;
    try (InputStream bytes = Files.newInputStream(file)) {
      var x509 = java.security.cert.CertificateFactory.getInstance("X.509");
      read = (X509Certificate) x509.generateCertificate(bytes);
    }
    if (keyFile == null) {
      store.setCertificateEntry(alias, read);
      return alias;
    }
    String base64 = Files.readString(Path.of(keyFile)).replaceAll("-----[A-Z ]+-----", "");
    var key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
    PrivateKey own = KeyFactory.getInstance(read.getPublicKey().getAlgorithm()).generatePrivate(key);
    store.setKeyEntry(alias, own, certificates.getPassword(), new X509Certificate[] {read});
    return alias;
  }
}
