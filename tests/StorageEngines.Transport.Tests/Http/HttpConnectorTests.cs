using System.Net;
using System.Security.Cryptography;

namespace StorageEngines.Transport.Tests.Http;

/// <summary>The only door to HTTP, against a server on loopback that speaks it by hand.</summary>
public sealed class HttpConnectorTests
{
    private const string Secret = "hunter2-seng-secret";

    private readonly HttpConnector _connector = new();

    [Fact]
    public async Task Addresses_are_relative_to_the_endpoint_and_answers_come_back()
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(200, "fine"));
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(new Uri(server.Address, "api/v1/")));
        using HttpResponseMessage answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "volumes?name=a%20b"), CancellationToken.None);
        Assert.Equal((HttpStatusCode.OK, "fine"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.StartsWith("GET /api/v1/volumes?name=a%20b HTTP/1.1", server.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_of_the_server_are_answers_and_nothing_is_sent_again()
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(503, "busy"));
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        using HttpResponseMessage answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "x") { Content = new StringContent("y") }, CancellationToken.None);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Redirects_are_not_followed_and_cookies_not_kept()
    {
        await using var other = new LoopbackServer(request => LoopbackServer.Answer(200, "stolen"));
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(302, "", $"Location: {other.Address}\r\nSet-Cookie: session=1; path=/"));
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        for (int i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "x");
            request.Headers.Add("Authorization", Secret);
            using HttpResponseMessage answer = await client.SendAsync(request, CancellationToken.None);
            Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        }

        Assert.Empty(other.Requests);
        Assert.All(server.Requests, request => Assert.DoesNotContain("Cookie", request, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("HEAD", false)]
    [InlineData("POST", true)]
    [InlineData("DELETE", true)]
    public async Task Server_that_does_not_answer_is_given_up_after_the_time_out(string method, bool outcomeUnknown)
    {
        await using var server = new LoopbackServer(request => null);
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address) { RequestTimeout = TimeSpan.FromMilliseconds(200) });
        StorageApiException error = await FailAsync(client, method);
        Assert.Equal((EngineStatus.DeadlineExceeded, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff), (error.Status, error.Reason, error.Recovery));
        Assert.Equal(outcomeUnknown, error.OutcomeUnknown);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Cancel_is_a_cancel_and_no_time_out()
    {
        await using var server = new LoopbackServer(request => null);
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> pending = client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "x"), cancel.Token);
        await server.ReceivedAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("PUT", true)]
    public async Task Connection_that_breaks_before_the_answer_leaves_a_change_in_doubt(string method, bool outcomeUnknown)
    {
        await using var server = new LoopbackServer(request => "");
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        StorageApiException error = await FailAsync(client, method);
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, outcomeUnknown), (error.Status, error.Reason, error.OutcomeUnknown));
        Assert.True(!outcomeUnknown || server.Requests.Count == 1, "a change was sent twice");
    }

    [Fact]
    public async Task Nobody_there_means_that_nothing_happened()
    {
        Uri address;
        await using (var server = new LoopbackServer(request => null))
        {
            address = server.Address;
        }

        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(address));
        StorageApiException error = await FailAsync(client, "POST");
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, false), (error.Status, error.Reason, error.OutcomeUnknown));
        Assert.Contains(address.Authority, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_that_breaks_off_is_an_error_and_not_a_short_answer()
    {
        await using var server = new LoopbackServer(request => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        using HttpResponseMessage answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "x"), CancellationToken.None);
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Certificate_that_nobody_signed_is_refused_before_a_byte_is_sent()
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(200, "fine"), secure: true);
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        StorageApiException error = await FailAsync(client, "GET");
        Assert.Equal((EngineReason.HostNotTrusted, Recovery.OperatorAction), (error.Reason, error.Recovery));
        Assert.Contains("pin its SHA-256", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pinned_certificate_is_taken(bool colons)
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(200, "fine"), secure: true);
        string pin = Convert.ToHexString(SHA256.HashData(server.Certificate!.RawData));
        pin = colons ? string.Join(':', pin.Chunk(2).Select(pair => new string(pair))) : pin.ToLowerInvariant();
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address) { PinnedCertificateSha256 = pin });
        using HttpResponseMessage answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "x"), CancellationToken.None);
        Assert.Equal("fine", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Another_certificate_than_the_pinned_one_is_refused()
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(200, "fine"), secure: true);
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address) { PinnedCertificateSha256 = new string('a', 64) });
        StorageApiException error = await FailAsync(client, "GET");
        Assert.Equal(EngineReason.HostNotTrusted, error.Reason);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Secrets_are_in_no_error()
    {
        await using var silent = new LoopbackServer(request => null);
        await using var broken = new LoopbackServer(request => "");
        await using var strange = new LoopbackServer(request => LoopbackServer.Answer(200, ""), secure: true);
        foreach (LoopbackServer server in new[] { silent, broken, strange })
        {
            using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address) { RequestTimeout = TimeSpan.FromMilliseconds(300) });
            StorageApiException error = await FailAsync(client, "POST");
            Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Password_in_an_address_is_refused_and_not_printed()
    {
        foreach (string scheme in new[] { "https", "ftp" })
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => _connector.Connect(new HttpEndpoint(new Uri($"{scheme}://user:{Secret}@array.example/"))));
            Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("//localhost:1/x")]
    [InlineData("http://localhost:1/x")]
    [InlineData("https://other.example/x")]
    public async Task Request_to_another_host_is_refused(string address)
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(200, "fine"));
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(address, UriKind.RelativeOrAbsolute)), CancellationToken.None));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task Change_on_a_connection_that_was_used_before_is_not_sent_twice(string method)
    {
        int count = 0;
        await using var server = new LoopbackServer(request => Interlocked.Increment(ref count) == 1 ? LoopbackServer.Answer(200, "fine") : "");
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address));
        using (HttpResponseMessage answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "x"), CancellationToken.None))
        {
            Assert.Equal("fine", await answer.Content.ReadAsStringAsync());
        }

        StorageApiException error = await FailAsync(client, method);
        Assert.True(error.OutcomeUnknown);
        Assert.Equal((2, 1), (server.Requests.Count, server.Connections));
    }

    [Fact]
    public async Task No_more_connections_than_allowed_are_opened()
    {
        await using var server = new LoopbackServer(request => LoopbackServer.Answer(200, "fine"));
        using HttpMessageInvoker client = _connector.Connect(new HttpEndpoint(server.Address) { MaxConnections = 2 });
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            using HttpResponseMessage answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "x"), CancellationToken.None);
            await answer.Content.ReadAsStringAsync();
        }));
        Assert.Equal(40, server.Requests.Count);
        Assert.InRange(server.Connections, 1, 2);
    }

    [Fact]
    public void Malformed_endpoints_are_refused()
    {
        var address = new Uri("https://array.example");
        HttpEndpoint[] malformed =
        [
            new HttpEndpoint(new Uri("relative", UriKind.Relative)), new HttpEndpoint(new Uri("ftp://array.example")),
            new HttpEndpoint(address) { RequestTimeout = TimeSpan.Zero }, new HttpEndpoint(address) { MaxConnections = 0 },
            new HttpEndpoint(address) { MaxConnections = 1025 }, new HttpEndpoint(address) { PinnedCertificateSha256 = "abc" },
            new HttpEndpoint(address) { PinnedCertificateSha256 = new string('g', 64) },
        ];
        Assert.All(malformed, endpoint => Assert.Throws<ArgumentException>(() => _connector.Connect(endpoint)));
    }

    private static async Task<StorageApiException> FailAsync(HttpMessageInvoker client, string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"login?token={Secret}");
        request.Headers.Add("Authorization", Secret);
        return await Assert.ThrowsAsync<StorageApiException>(() => client.SendAsync(request, CancellationToken.None));
    }
}
