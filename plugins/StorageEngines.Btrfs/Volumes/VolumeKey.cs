namespace StorageEngines.Btrfs.Volumes;

/// <summary>A volume's identity: its file system, and the uuid that its subvolume had when it was first seen. A roll back puts another subvolume in its place; the volume stays.</summary>
/// <param name="FileSystem">The file system's id.</param>
/// <param name="Origin">The first subvolume's uuid.</param>
internal readonly record struct VolumeKey(Guid FileSystem, Guid Origin)
{
    /// <summary>The volume's id: <c>FILESYSTEM:UUID</c>.</summary>
    internal string Id => $"{FileSystem:D}:{Origin:D}";

    /// <summary>The name of the directory that holds its snapshots.</summary>
    internal byte[] DirectoryName => System.Text.Encoding.ASCII.GetBytes(Origin.ToString("D"));

    /// <summary>Reads an id.</summary>
    internal static bool TryParse(string id, out VolumeKey key)
    {
        string[] parts = id.Split(':');
        key = default;
        if (parts.Length != 2 || !Guid.TryParseExact(parts[0], "D", out Guid fileSystem) || !Guid.TryParseExact(parts[1], "D", out Guid origin))
        {
            return false;
        }

        key = new VolumeKey(fileSystem, origin);
        return true;
    }

    /// <summary>Reads an id.</summary>
    /// <exception cref="VolumeNotFoundException">It is none, or another engine's.</exception>
    internal static VolumeKey Require(VolumeRef volume)
        => volume.Engine == BtrfsEngineFactory.SchemeName && TryParse(volume.Id, out VolumeKey key)
            ? key : throw new VolumeNotFoundException(volume.ToString()) { Engine = BtrfsEngineFactory.SchemeName };
}
