import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.util.Arrays;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local at one address, the first argument, as long as its parent process runs. Its own command has no such
 * options: it listens at all addresses, and stays when its parent is killed.
 */
class DynamoDBLocalAt {
    public static void main(String[] arguments) throws Exception {
        String[] options = Arrays.copyOfRange(arguments, 1, arguments.length);
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(options);
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        for (Connector connector : ((Server) field.get(proxy)).getConnectors()) {
            ((ServerConnector) connector).setHost(arguments[0]);
        }
        ProcessHandle.current().parent().ifPresent(
            parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
        proxy.safeStart();
        proxy.join();
    }
}
