using System.Buffers.Binary;
using StorageEngines.Checksums;

namespace StorageEngines.RbdDiffs;

/// <summary>
/// A stream's checksums record by record, so that damage has a place: a section is a record, or as many small ones as make 1 MiB together. They stand behind <c>e</c>: <c>seng-crc32c</c>, their number
/// (4 bytes), and the CRC-32C of each (4). The first section begins with the banner, and the last one ends with <c>e</c>. Used once.
/// </summary>
internal sealed class RbdDiffSections
{
    /// <summary>What stands before the checksums: 16 bytes.</summary>
    internal const int HeadBytes = 12 + sizeof(uint);

    private const long MinBytes = 1 << 20;

    private readonly List<(long End, uint Checksum)> _sections = [];
    private long _at;
    private long _start;
    private uint _crc = uint.MaxValue;
    private bool _isEnded;

    /// <summary>The words that they begin with.</summary>
    internal static ReadOnlySpan<byte> Magic => "seng-crc32c\n"u8;

    /// <summary>How many there are.</summary>
    internal int Count => _sections.Count;

    /// <summary>Goes on with the stream; nothing behind <see cref="End"/> counts.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (!_isEnded)
        {
            _crc = LinearCrc32C.Append(_crc, bytes);
            _at += bytes.Length;
        }
    }

    /// <summary>A data or zero record is over.</summary>
    internal void EndRecord()
    {
        if (_at - _start >= MinBytes)
        {
            Close();
        }
    }

    /// <summary>The stream is over, behind its <c>e</c>.</summary>
    internal void End()
    {
        Close();
        _isEnded = true;
    }

    /// <summary>As they stand in streams.</summary>
    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[HeadBytes + (_sections.Count * sizeof(uint))];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Magic.Length), _sections.Count);
        for (int i = 0; i < _sections.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(HeadBytes + (i * sizeof(uint))), _sections[i].Checksum);
        }

        return bytes;
    }

    /// <summary>Whether a section has this checksum.</summary>
    internal bool Has(int section, uint checksum) => _sections[section].Checksum == checksum;

    /// <summary>Where in the stream a section is; bytes.</summary>
    internal (long Start, long End) PlaceOf(int section) => (section == 0 ? 0 : _sections[section - 1].End, _sections[section].End);

    private void Close()
    {
        _sections.Add((_at, ~_crc));
        (_start, _crc) = (_at, uint.MaxValue);
    }
}
