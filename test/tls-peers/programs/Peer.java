import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

/** A client and a server of Java's JSSE: Peer serve|ask PORT CERTIFICATE KEY BUNDLE. The key is one of an elliptic curve in PKCS#8. */
public class Peer {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[1]);
    SSLContext context = context(args[2], args[3], args[4]);
    if (args[0].equals("serve")) {
      serve((SSLServerSocket) context.getServerSocketFactory().createServerSocket(port));
    } else {
      ask((SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port));
    }
  }

  static SSLContext context(String certificate, String key, String bundle) throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry("own", privateKey(key), new char[0], certificates(certificate).toArray(new Certificate[0]));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, new char[0]);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    for (Certificate root : certificates(bundle)) trusted.setCertificateEntry("root-" + trusted.size(), root);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  static Collection<? extends Certificate> certificates(String file) throws Exception {
    return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(Files.readAllBytes(Path.of(file))));
  }

  static PrivateKey privateKey(String file) throws Exception {
    String pem = Files.readString(Path.of(file)).replaceAll("-----[^-]+-----", "");
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
  }

  static SSLParameters parameters() {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    parameters.setApplicationProtocols(new String[] {"mesh/h1"});
    return parameters;
  }

  static void serve(SSLServerSocket server) throws Exception {
    SSLParameters parameters = parameters();
    parameters.setNeedClientAuth(true);
    server.setSSLParameters(parameters);
    System.out.println("listening");
    while (true) {
      SSLSocket socket = (SSLSocket) server.accept();
      new Thread(() -> answer(socket)).start();
    }
  }

  static void answer(SSLSocket socket) {
    try (socket) {
      BufferedReader reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      for (String line; (line = reader.readLine()) != null;) {
        if (line.isEmpty()) socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException error) {
      System.out.println(error);
    }
  }

  static void ask(SSLSocket socket) throws Exception {
    socket.setSSLParameters(parameters());
    socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
    socket.getInputStream().transferTo(System.out);
  }
}
