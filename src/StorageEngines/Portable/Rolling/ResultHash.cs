using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// The checksum of a result, of a kind that stock programs compute too: SHA-256 (<c>sha256sum</c>) of up to 64 KiB, XXH3-128 (<c>xxh128sum</c>) of more, which is
/// about ten times as fast. It finds damage and mistakes; against people it proves nothing. Not safe for use by several threads.
/// </summary>
internal sealed class ResultHash
{
    /// <summary>How many bytes get a SHA-256.</summary>
    internal const int Short = 64 * 1024;

    private readonly byte[] _first = new byte[Short];
    private int _count;
    private Xxh3Stream? _long;

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_long is null && bytes.Length <= Short - _count)
        {
            bytes.CopyTo(_first.AsSpan(_count));
            _count += bytes.Length;
            return;
        }

        if (_long is null)
        {
            _long = new Xxh3Stream();
            _long.Append(_first.AsSpan(0, _count));
        }

        _long.Append(bytes);
    }

    /// <summary>The checksum; nothing can be appended then.</summary>
    /// <returns>32 bytes of SHA-256, or 16 bytes of XXH3-128, the highest first.</returns>
    internal byte[] Finish()
    {
        if (_long is null)
        {
            return SHA256.HashData(_first.AsSpan(0, _count));
        }

        var hash = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(hash, _long.Finish());
        return hash;
    }

    /// <summary>As it is printed: the algorithm, a colon and hexadecimal digits.</summary>
    internal static string Print(ReadOnlySpan<byte> hash)
        => (hash.Length == SHA256.HashSizeInBytes ? "sha256:" : "xxh3-128:") + Convert.ToHexStringLower(hash);
}
