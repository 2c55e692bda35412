import java.net.URI;

public class Get {
  public static void main(String[] args) throws Exception {
    try (var body = URI.create(args[0]).toURL().openStream()) {
      System.out.println(new String(body.readAllBytes()));
    }
  }
}
