using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.Portable.Trees;

/// <summary>A set of paths that keeps 128 bits of each path's SHA-256 instead of the path: some 30 bytes for each, however long it is.</summary>
internal sealed class PathSet
{
    private readonly HashSet<UInt128> _digests = [];

    internal int Count => _digests.Count;

    internal void Add(BytePath path) => _digests.Add(Digest(path));

    internal bool Contains(BytePath path) => _digests.Count > 0 && _digests.Contains(Digest(path));

    private static UInt128 Digest(BytePath path)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(path.Span, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
