using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StorageEngines.Transport;

/// <summary>Opens HTTP sessions. Certificates are verified against the system's roots, or are the one that the endpoint pins.</summary>
/// <remarks>
/// Stateless; safe for use by several threads. Redirects are not followed, no cookies are kept and requests to other hosts are refused: a session's secrets
/// stay with its host. No change is sent twice; a query (GET, HEAD)
/// may be, when the server hangs up. Errors name the host, never the path, the query or a header.
/// </remarks>
public sealed class HttpConnector : IHttpConnector
{
    private const int MaxConnectionsLimit = 1024;
    private const int Sha256HexLength = 64;

    /// <inheritdoc/>
    public HttpMessageInvoker Connect(HttpEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Check(endpoint);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = endpoint.MaxConnections,
            ConnectTimeout = endpoint.RequestTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        if (endpoint.PinnedCertificateSha256 is { } pin)
        {
            byte[] expected = Convert.FromHexString(Digits(pin));
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => Matches(certificate, expected);
        }

        return new HttpMessageInvoker(new EndpointHandler(handler, endpoint));
    }

    private static void Check(HttpEndpoint endpoint)
    {
        if (!endpoint.BaseAddress.IsAbsoluteUri || endpoint.BaseAddress.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException("The endpoint is not an absolute http or https address.", nameof(endpoint));
        }

        if (endpoint.BaseAddress.UserInfo.Length > 0)
        {
            throw new ArgumentException("An address holds neither user nor password, which would be printed with it; send them in a header.", nameof(endpoint));
        }

        if (endpoint.RequestTimeout <= TimeSpan.Zero || endpoint.MaxConnections is < 1 or > MaxConnectionsLimit)
        {
            throw new ArgumentException($"The time-out has to be above zero and the connections 1 to {MaxConnectionsLimit}.", nameof(endpoint));
        }

        if (endpoint.PinnedCertificateSha256 is { } pin && (Digits(pin) is not { Length: Sha256HexLength } digits || !digits.All(char.IsAsciiHexDigit)))
        {
            throw new ArgumentException("A pinned certificate is given as the 64 hex digits of its SHA-256, with or without colons.", nameof(endpoint));
        }
    }

    private static string Digits(string pin) => pin.Replace(":", "", StringComparison.Ordinal);

    private static bool Matches(X509Certificate? certificate, byte[] expected)
        => certificate is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(certificate.GetRawCertData()), expected);
}
