using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Groups;

/// <summary>A group's identity: its file system, how many members it has, and a digest of its name and members, so that the same call finds the same group.</summary>
/// <param name="FileSystem">The file system's id.</param>
/// <param name="Count">How many members it was made with.</param>
/// <param name="Digest">32 hex digits.</param>
internal readonly record struct GroupKey(Guid FileSystem, int Count, string Digest)
{
    /// <summary>The id: <c>FILESYSTEM:COUNT:DIGEST</c>.</summary>
    internal string Id => string.Create(CultureInfo.InvariantCulture, $"{FileSystem:D}:{Count}:{Digest}");

    /// <summary>The key of a group.</summary>
    internal static GroupKey Of(Guid fileSystem, IEnumerable<VolumeKey> members, string name)
    {
        string[] ids = [.. members.Select(each => each.Id).Order(StringComparer.Ordinal)];
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"seng-btrfs-group\0{name}\0{string.Join('\0', ids)}"));
        return new GroupKey(fileSystem, ids.Length, Convert.ToHexStringLower(digest.AsSpan(0, 16)));
    }

    /// <summary>Reads an id.</summary>
    internal static bool TryParse(string id, out GroupKey key)
    {
        string[] parts = id.Split(':');
        key = default;
        if (parts.Length != 3 || !Guid.TryParseExact(parts[0], "D", out Guid fileSystem)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            return false;
        }

        key = new GroupKey(fileSystem, count, parts[2]);
        return true;
    }
}
