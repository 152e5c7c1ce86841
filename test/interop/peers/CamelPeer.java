import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import org.apache.camel.main.Main;

/**
 * Apache Camel with its AS2 component, and what a run wants of it. Arguments: ports of AS2, of asynchronous MDNs, and of
 * the control. Works in the current folder.
 */
public class CamelPeer {
    static final Main main = new Main();

    public static void main(String[] args) throws Exception {
        main.start();
        CamelRoutes routes = new CamelRoutes(main, Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        HttpServer control = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[2])), 0);
        control.setExecutor(Executors.newCachedThreadPool());
        control.createContext("/agree", exchange -> answer(exchange, routes::agree));
        control.createContext("/send", exchange -> answer(exchange, routes.sending::send));
        control.createContext("/received", exchange -> answer(exchange, routes.receiving::received));
        control.start();
    }

    interface Action {
        Map<String, Object> on(Map<String, String> form) throws Exception;
    }

    static void answer(HttpExchange exchange, Action action) {
        try (exchange) {
            Map<String, String> form = new LinkedHashMap<>();
            for (String pair : new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("&")) {
                String[] both = pair.split("=", 2);
                if (both.length == 2) form.put(decode(both[0]), decode(both[1]));
            }
            int status = 200;
            String text = "";
            try {
                Map<String, Object> told = action.on(form);
                if (told == null) status = 404;
                else text = json(told);
            } catch (Throwable failure) {
                failure.printStackTrace();
                status = 500;
                text = chain(failure);
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (Exception gone) {
            gone.printStackTrace();
        }
    }

    static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    static String chain(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable each = failure; each != null; each = each.getCause()) text.append(each).append(" <- ");
        return text.toString();
    }

    static String json(Map<String, Object> values) {
        StringBuilder text = new StringBuilder("{");
        values.forEach((name, value) -> {
            if (value == null) return;
            if (text.length() > 1) text.append(',');
            text.append(quote(name)).append(':').append(value instanceof Boolean || value instanceof Integer ? value : quote(value.toString()));
        });
        return text.append('}').toString();
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        text.chars().forEach(each -> {
            if (each >= 32 && each < 127 && each != '"' && each != '\\') out.append((char) each);
            else out.append(String.format("\\u%04x", each));
        });
        return out.append('"').toString();
    }
}
