using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace StorageEngines.Transport.Tests.Http;

/// <summary>A server that reads a request's head and says what it was told to: a whole answer, nothing for ever (null), or a hang-up (empty text).</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, string?> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly List<Task> _work = [];
    private readonly Task _accepting;
    private int _connections;

    internal LoopbackServer(Func<string, string?> answer, bool secure = false)
    {
        _answer = answer;
        Certificate = secure ? SelfSigned() : null;
        _listener.Start();
        Address = new Uri($"{(secure ? "https" : "http")}://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    internal Uri Address { get; }

    internal X509Certificate2? Certificate { get; }

    /// <summary>The heads that came in.</summary>
    internal IReadOnlyCollection<string> Requests => _requests;

    internal int Connections => Volatile.Read(ref _connections);

    internal static string Answer(int status, string body, string? headers = null)
        => $"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\n{(headers is null ? "" : headers + "\r\n")}\r\n{body}";

    /// <summary>Waits for the first request.</summary>
    internal Task ReceivedAsync() => _received.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting; // before the listener goes away beneath it
        _listener.Stop();
        await Task.WhenAll(_work);
        Certificate?.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _work.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return; // stopped
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient closing = client;
        try
        {
            await using Stream stream = await OpenAsync(client);
            while (await ReadHeadAsync(stream) is { } head)
            {
                _requests.Enqueue(head);
                _received.TrySetResult();
                if (_answer(head) is not { } answer)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
                    return;
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
                if (answer.Length == 0 || answer.EndsWith("half", StringComparison.Ordinal))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
        {
            return; // the client went away, or did not like the certificate
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (Certificate is null)
        {
            return client.GetStream();
        }

        var secure = new SslStream(client.GetStream());
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, _stop.Token);
        return secure;
    }

    /// <summary>Reads up to the empty line, and the body that its length announces.</summary>
    private async Task<string?> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        string text = head.ToString();
        string? length = text.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        if (length is not null)
        {
            await stream.ReadExactlyAsync(new byte[int.Parse(length.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)], _stop.Token);
        }

        return text;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
