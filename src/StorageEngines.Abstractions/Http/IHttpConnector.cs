namespace StorageEngines;

/// <summary>The only door to HTTP that an engine has. The host decides on certificates, proxies, retries and limits.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface IHttpConnector
{
    /// <summary>Opens a session to one endpoint. Certificates are verified unless the endpoint pins another root.</summary>
    /// <param name="endpoint">Where to, and how far to trust it.</param>
    /// <returns>A client to send requests with. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The endpoint is not an absolute http or https address.</exception>
    HttpMessageInvoker Connect(HttpEndpoint endpoint);
}
