namespace StorageEngines;

/// <summary>An HTTP endpoint of a back end, such as an array's management address.</summary>
/// <param name="BaseAddress">Absolute http or https address.</param>
public sealed record HttpEndpoint(Uri BaseAddress)
{
    /// <summary>SHA-256 of the one certificate to trust, in hex, for arrays that sign their own. Default: null, the system's roots decide.</summary>
    public string? PinnedCertificateSha256 { get; init; }

    /// <summary>How long one request may take. Range: above zero. Default: 100 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The most connections at once. Range: 1 to 1024. Default: 8.</summary>
    public int MaxConnections { get; init; } = 8;
}
