using System.Security.Authentication;

namespace StorageEngines.Transport;

/// <summary>
/// Holds each request to its endpoint: relative addresses, the time-out, and errors that say what to do. The time-out runs until the answer's
/// headers are there; its body streams, and the caller's token bounds the reading. No change is sent twice: one that may have arrived is reported
/// with <see cref="StorageEngineException.OutcomeUnknown"/>, and repeating it is up to the caller.
/// </summary>
internal sealed class EndpointHandler(HttpMessageHandler inner, HttpEndpoint endpoint) : DelegatingHandler(inner)
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = Within(request.RequestUri);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(endpoint.RequestTimeout);
        bool isQuery = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        if (!isQuery)
        {
            // A change without a body is sent again by the handler if a connection that was used before closes; one with a body, be it empty, is not.
            request.Content ??= new ByteArrayContent([]);
        }

        try
        {
            return await base.SendAsync(request, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StorageApiException(
                EngineStatus.DeadlineExceeded, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff,
                $"{Address} did not answer within {endpoint.RequestTimeout.TotalSeconds} s.", e)
            { OutcomeUnknown = !isQuery };
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException)
        {
            throw new StorageApiException(
                EngineStatus.Unavailable, EngineReason.HostNotTrusted, Recovery.OperatorAction,
                $"{Address} shows a certificate that is not trusted. Have it signed by a root that this system knows, or pin its SHA-256.", e);
        }
        catch (HttpRequestException e)
        {
            throw new StorageApiException(
                EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff, $"{Address} cannot be reached: {e.Message}", e)
            { OutcomeUnknown = !isQuery && e.HttpRequestError != HttpRequestError.ConnectionError };
        }
    }

    private Uri Within(Uri? address)
    {
        Uri whole = address is null ? endpoint.BaseAddress : new Uri(endpoint.BaseAddress, address);
        return Uri.Compare(whole, endpoint.BaseAddress, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
            && whole.UserInfo.Length == 0
            ? whole
            : throw new ArgumentException($"The address leads away from {Address}, and the session's secrets with it; give one relative to the endpoint.");
    }

    private string Address => endpoint.BaseAddress.GetLeftPart(UriPartial.Authority);
}
