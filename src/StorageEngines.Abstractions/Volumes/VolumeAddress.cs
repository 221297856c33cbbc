using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace StorageEngines;

/// <summary>
/// A volume as a person writes it: a plain path (<c>/srv/data</c>, the engine is detected), <c>scheme:location</c> (<c>tarrsync:/srv/data</c>), or with a host
/// (<c>zfs+ssh://root@host:22/tank/vm</c>). Settings may follow a question mark: <c>tarrsync:/srv/data?store=/backup</c>.
/// </summary>
/// <remarks>
/// In addresses with a scheme, <c>%NN</c> stands for a byte, so that <c>?</c>, <c>@</c> and bytes that are not UTF-8 can be written; in a plain path only
/// <c>\xNN</c> and <c>\\</c> are special (see <see cref="ByteText"/>). Immutable; safe for use by several threads. A password is never part of an address.
/// </remarks>
public sealed record VolumeAddress
{
    /// <summary>The engine's scheme in lower case, or null if the engine is to be detected.</summary>
    public string? Scheme { get; init; }

    /// <summary>How the host is reached: <c>ssh</c>, or null for this machine. Default: null.</summary>
    public string? Transport { get; init; }

    /// <summary>The user on the host, or null. Default: null.</summary>
    public string? User { get; init; }

    /// <summary>The host's name or address, or null for this machine. Default: null.</summary>
    public string? Host { get; init; }

    /// <summary>The port, 1 to 65535, or null for the transport's own. Default: null.</summary>
    public int? Port { get; init; }

    /// <summary>Where the volume is, in the engine's own terms.</summary>
    public BytePath Location { get; init; }

    /// <summary>Settings for the engine. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <returns>The address, taken apart.</returns>
    /// <exception cref="FormatException">It is none; the message says why and shows the forms.</exception>
    public static VolumeAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return VolumeAddressParser.Parse(text);
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">The address, taken apart, or null.</param>
    /// <returns>False if it is none.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out VolumeAddress? address)
    {
        try
        {
            address = text is null ? null : VolumeAddressParser.Parse(text);
        }
        catch (FormatException)
        {
            address = null;
        }

        return address is not null;
    }

    /// <summary>Equal if all parts are, the settings among them.</summary>
    /// <param name="other">Another address.</param>
    /// <returns>Whether they are equal.</returns>
    public bool Equals(VolumeAddress? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    /// <returns>The address as text.</returns>
    public override string ToString()
    {
        if (Scheme is null)
        {
            return Location.ToString();
        }

        var text = new StringBuilder(Scheme);
        if (Transport is not null)
        {
            text.Append('+').Append(Transport);
        }

        text.Append(':');
        if (Host is not null)
        {
            text.Append("//").Append(User is null ? "" : Uri.EscapeDataString(User) + "@").Append(Host.Contains(':') ? $"[{Host}]" : Host);
            text.Append(Port is null ? "" : $":{Port}");
            text.Append(Location.IsAbsolute ? "" : "/");
        }

        text.Append(VolumeAddressParser.EncodeLocation(Location.Span));
        if (Settings.Count == 0)
        {
            return text.ToString();
        }

        char separator = '?';
        foreach (KeyValuePair<string, string> setting in Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            text.Append(separator).Append(Uri.EscapeDataString(setting.Key)).Append('=').Append(Uri.EscapeDataString(setting.Value));
            separator = '&';
        }

        return text.ToString();
    }
}
