using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Volumes;

/// <summary>Reads addresses from the command line; what is wrong with them is an error of usage.</summary>
internal static class Addresses
{
    internal static VolumeAddress Volume(string text) => VolumeAddress.TryParse(text, out VolumeAddress? address)
        ? address
        : throw new UsageException($"'{text}' is not the address of a volume", "use a path, SCHEME:PATH or SCHEME+ssh://USER@HOST/PATH, e.g. tarrsync:/srv/data");

    /// <summary>Reads an address, or gives null.</summary>
    internal static VolumeAddress? TryVolume(string text) => VolumeAddress.TryParse(text, out VolumeAddress? address) ? address : null;

    /// <summary>
    /// Reads the address of an engine: <c>ceph-rbd</c>, <c>ceph-rbd:</c>, <c>zfs+ssh://root@host</c>; or with a place whose volumes alone are meant, <c>ceph-rbd:rbd</c>.
    /// </summary>
    /// <returns>The address; its location is the root if none was given.</returns>
    internal static VolumeAddress Engine(string text)
    {
        int question = text.IndexOf('?');
        string place = question < 0 ? text : text[..question], settings = text[place.Length..];
        place += place.Contains(':') ? "" : ":";
        int host = place.IndexOf("://", StringComparison.Ordinal), slash = host < 0 ? -1 : place.IndexOf('/', host + 3);
        bool everywhere = host < 0 ? place[^1] == ':' : slash < 0 || slash == place.Length - 1;

        // An address of a volume has a location; this one is taken away again.
        string complete = everywhere ? $"{place}{(host >= 0 && slash < 0 ? "/" : "")}all" : place;
        return TryVolume(complete + settings) is { Scheme: not null } address
            ? everywhere ? address with { Location = BytePath.Root } : address
            : throw new UsageException($"'{text}' is not an engine, nor an engine's address", "use SCHEME, SCHEME:PLACE or SCHEME+ssh://USER@HOST/PLACE, e.g. ceph-rbd:rbd; 'engines' lists the schemes");
    }

    internal static SnapshotAddress Snapshot(string text)
    {
        if (SnapshotAddress.TryParse(text, out SnapshotAddress? address))
        {
            return address;
        }

        int at = text.LastIndexOf('@');
        throw at > 0 && at < text.Length - 1 && !SnapshotName.IsValid(text[(at + 1)..])
            ? BadName(text[(at + 1)..])
            : new UsageException($"'{text}' is not the address of a snapshot", "use VOLUME@NAME, e.g. /srv/data@monday");
    }

    internal static string Name(string text) => SnapshotName.IsValid(text) ? text : throw BadName(text);

    /// <summary>A path on this machine, made absolute; escapes as printed by this tool are understood.</summary>
    internal static BytePath LocalPath(string text)
    {
        BytePath path = Bytes(text);
        if (path.IsRoot)
        {
            throw new UsageException("an empty path was given", "name a file or directory");
        }

        return path.IsAbsolute ? path : BytePath.FromString(Environment.CurrentDirectory).Append(path);
    }

    /// <summary>A path within a volume.</summary>
    internal static BytePath InVolume(string text)
    {
        BytePath path = Bytes(text);
        return path.IsSafeRelative
            ? path
            : throw new UsageException($"'{text}' is not a path within a volume", "give it relative to the volume's root, without a leading '/', '.' or '..'");
    }

    private static BytePath Bytes(string text)
    {
        try
        {
            return BytePath.Parse(text);
        }
        catch (FormatException error)
        {
            throw new UsageException($"'{text}' is not a path: {error.Message}", @"write a backslash as \\ and a byte as \xNN, as this tool prints them");
        }
    }

    private static UsageException BadName(string name) => new(
        $"'{name}' is not a snapshot name",
        $"use 1 to {SnapshotName.MaxLength} letters, digits, '.', '_', ':' and '-', not beginning with '.' or '-'");
}
