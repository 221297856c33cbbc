using System.Globalization;

namespace StorageEngines.Zfs.Datasets;

/// <summary>A dataset: a file system or a zvol.</summary>
/// <param name="Name">Its name, e.g. <c>tank/vm</c>.</param>
/// <param name="Kind">Block for a zvol, tree for a file system.</param>
/// <param name="Guid">Its guid, which stays when it is renamed.</param>
/// <param name="CreateTxg">The transaction group that it was made in.</param>
/// <param name="Origin">The snapshot that it was cloned from; null if it is no clone.</param>
/// <param name="VolumeBytes">The size of a zvol in bytes; null for a file system.</param>
/// <param name="BlockBytes">The size of a zvol's blocks, or the largest one of a file's, in bytes.</param>
/// <param name="MountPoint">Where it is or would be mounted; null for a zvol, and if it has no place of its own (<c>none</c>, <c>legacy</c>).</param>
/// <param name="IsMounted">Whether it is mounted.</param>
internal sealed record Dataset(
    string Name, VolumeKind Kind, ulong Guid, ulong CreateTxg, string? Origin, long? VolumeBytes, int BlockBytes, BytePath? MountPoint, bool IsMounted)
{
    /// <summary>The id that it is known by: its guid, decimal.</summary>
    internal string Id => Guid.ToString(CultureInfo.InvariantCulture);

    /// <summary>The pool that it is in.</summary>
    internal string Pool => PoolOf(Name);

    /// <summary>Whether its data is encrypted.</summary>
    internal bool IsEncrypted { get; init; }

    /// <summary>Whether its data can be read: it is not encrypted, or its key is loaded.</summary>
    internal bool IsKeyLoaded { get; init; } = true;

    /// <summary>Whether it is read-only.</summary>
    internal bool IsReadOnly { get; init; }

    /// <summary>The reference to it.</summary>
    internal VolumeRef Ref => new(ZfsEngineFactory.SchemeName, Id, Name);

    /// <summary>What is known of it.</summary>
    internal VolumeInfo Info => new(Ref, Kind, BytePath.FromString(Name), VolumeBytes);

    /// <summary>The pool of a dataset's or a snapshot's name.</summary>
    internal static string PoolOf(string name) => name.IndexOfAny(['/', '@', '#']) is var end and >= 0 ? name[..end] : name;
}
