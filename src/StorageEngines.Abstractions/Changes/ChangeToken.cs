namespace StorageEngines;

/// <summary>
/// What a delta is computed from. It names a state of a volume, and may outlive that state's data (a ZFS bookmark, an array's change id, our own
/// manifest). Keep it as text; only the engine that made it reads the value.
/// </summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="VolumeId">The volume's id.</param>
/// <param name="LineageId">The lineage's id; a roll back, clone or restore begins a new one where the engine says so.</param>
/// <param name="Value">The engine's own value.</param>
public sealed record ChangeToken(string Engine, string VolumeId, string LineageId, string Value)
{
    private const string Prefix = "ct1";

    /// <summary>Reads what <see cref="ToString"/> printed.</summary>
    /// <param name="text">The printed form.</param>
    /// <returns>The token.</returns>
    /// <exception cref="FormatException">It is not a token of a version known here.</exception>
    public static ChangeToken Parse(string text)
        => TryParse(text, out ChangeToken? token) ? token : throw new FormatException($"'{text}' is not a change token (ct1:engine:volume:lineage:value).");

    /// <summary>Reads what <see cref="ToString"/> printed.</summary>
    /// <param name="text">The printed form.</param>
    /// <param name="token">The token, or null.</param>
    /// <returns>False if it is not a token of a version known here.</returns>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ChangeToken? token)
    {
        string[] parts = (text ?? "").Split(':');
        bool known = parts.Length == 5 && parts[0] == Prefix;
        token = known
            ? new ChangeToken(Uri.UnescapeDataString(parts[1]), Uri.UnescapeDataString(parts[2]), Uri.UnescapeDataString(parts[3]), Uri.UnescapeDataString(parts[4]))
            : null;
        return known;
    }

    /// <summary>One line of ASCII, e.g. <c>ct1:zfs:123:7:456</c>, which <see cref="Parse"/> reads.</summary>
    /// <returns>The printed form.</returns>
    public override string ToString()
        => string.Join(':', Prefix, Uri.EscapeDataString(Engine), Uri.EscapeDataString(VolumeId), Uri.EscapeDataString(LineageId), Uri.EscapeDataString(Value));
}
