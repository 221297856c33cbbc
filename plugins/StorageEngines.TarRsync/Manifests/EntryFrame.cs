using System.Buffers.Binary;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>An entry frame that is being put together: records, contents and what its fingerprint is made of. Not thread-safe.</summary>
internal sealed class EntryFrame(int capacity)
{
    private readonly RecordEncoder _encoder = new();
    private readonly ByteBuffer _records = new(capacity / 2);
    private readonly ByteBuffer _contents = new(capacity);
    private readonly ByteBuffer _statuses = new(capacity);
    private byte[] _packed = [];
    private bool _hasFingerprint = true;

    /// <summary>Entries in it.</summary>
    internal int Items { get; private set; }

    /// <summary>Bytes in it, unpacked.</summary>
    internal int Length => _records.Length + _contents.Length;

    /// <summary>The path of its first entry.</summary>
    internal byte[] FirstPath { get; private set; } = [];

    /// <summary>What <see cref="FramePlace.Fingerprint"/> has to be.</summary>
    internal Sum128 Fingerprint => _hasFingerprint ? EntryStatus.Sum(_statuses.Span) : default;

    /// <summary>Appends an entry.</summary>
    internal void Add(in ManifestEntry entry, ReadOnlySpan<byte> content, bool isFramed)
    {
        if (Items == 0)
        {
            FirstPath = entry.Path.ToArray();
            _encoder.Reset();
        }
        _encoder.Append(_records, _contents, in entry, content);
        EntryStatus.Append(_statuses, in entry);
        _hasFingerprint &= !entry.ChangedWhileRead && !isFramed;
        Items++;
    }

    /// <summary>Appends what follows the first entry of a run, which was added just before.</summary>
    internal void AddMore(UnchangedRun run)
    {
        _records.Append(run.Records);
        _contents.Append(run.Contents);
        _statuses.Append(run.Statuses);
        _encoder.Continue(run.Last, run.LastPath);
        Items += run.More;
    }

    /// <summary>The frame as it is stored, behind its header; good until the next call.</summary>
    internal ReadOnlySpan<byte> Pack(out byte codec)
    {
        int most = sizeof(int) + _contents.Length + _records.Length;
        if (_packed.Length < most)
            _packed = new byte[most * 5 / 4];
        BinaryPrimitives.WriteInt32LittleEndian(_packed, _contents.Length);
        _contents.Span.CopyTo(_packed.AsSpan(sizeof(int)));
        Span<byte> rest = _packed.AsSpan(sizeof(int) + _contents.Length);
        codec = BlockCodecs.Pack(_records.Span, rest[.._records.Length], out ReadOnlySpan<byte> stored);
        if (codec == BlockCodecs.Stored)
            stored.CopyTo(rest);
        return _packed.AsSpan(0, sizeof(int) + _contents.Length + stored.Length);
    }

    /// <summary>Empties it.</summary>
    internal void Clear()
    {
        _records.Clear();
        _contents.Clear();
        _statuses.Clear();
        (Items, _hasFingerprint) = (0, true);
    }
}
