// A portal back end that mints tokens:  PORTAL_ID=编号 PORTAL_KEY_FILE=密钥文件 java Portal.java 8000
public class Portal {
    static String part(byte[] raw) { return java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(raw); }

    public static void main(String[] args) throws Exception {
        var key = java.nio.file.Files.readString(java.nio.file.Path.of(System.getenv("PORTAL_KEY_FILE"))).strip();
        var mac = javax.crypto.Mac.getInstance("HmacSHA256");
        mac.init(new javax.crypto.spec.SecretKeySpec(key.getBytes("UTF-8"), "HmacSHA256"));
        var address = new java.net.InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]));
        var server = com.sun.net.httpserver.HttpServer.create(address, 0);
        server.createContext("/assistant-token", exchange -> { // sub and dept: whoever is signed in to YOUR portal
            long now = System.currentTimeMillis() / 1000;
            var claims = "{\"iss\":\"%s\",\"sub\":\"u-1001\",\"dept\":\"信贷部\",\"aud\":\"policy-assistant\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d,\"scopes\":[\"ask\"]}"
                .formatted(System.getenv("PORTAL_ID"), java.util.UUID.randomUUID(), now, now + 600);
            var said = part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes("UTF-8")) + "." + part(claims.getBytes("UTF-8"));
            byte[] token = (said + "." + part(mac.doFinal(said.getBytes("UTF-8")))).getBytes("UTF-8");
            exchange.sendResponseHeaders(200, token.length);
            try (var body = exchange.getResponseBody()) { body.write(token); }
        });
        server.start();
    }
}
