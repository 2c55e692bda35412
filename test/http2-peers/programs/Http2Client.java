import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Java's own client: 40 requests at a time by HTTP/2 under TLS, each with a body, which comes back. Arguments: URL, certificate. */
public class Http2Client {
    public static void main(String[] args) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).sslContext(trusting(Path.of(args[1]))).build();
        IntStream.range(0, 40).mapToObj(i -> {
            byte[] body = new byte[i * 5_000];
            Arrays.fill(body, (byte) i);
            HttpRequest request = HttpRequest.newBuilder(URI.create(args[0])).POST(BodyPublishers.ofByteArray(body)).build();
            return client.sendAsync(request, BodyHandlers.ofByteArray()).thenAccept(response -> check(response, body));
        }).toList().forEach(each -> each.join());
        System.out.println("all right");
        System.exit(0);
    }

    private static void check(HttpResponse<byte[]> response, byte[] body) {
        if (response.version() != HttpClient.Version.HTTP_2 || response.statusCode() != 200 || !Arrays.equals(response.body(), body)) {
            throw new IllegalStateException(response + ", " + response.body().length + " bytes of " + body.length);
        }
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("server", CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(certificate)));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
