using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace StorageEngines.Testing;

/// <summary>Reads what <see cref="DifferentialWriter"/> wrote into a new content. Nothing of it counts before the checksum at the end agrees.</summary>
internal sealed class DifferentialReader(MemoryStore store, Stream input, IProgress<OperationProgress>? progress)
{
    private const string Source = "memory-diff stream";
    private const int MaxRecordBytes = 256 * 1024 * 1024;
    private const int ReadStepBytes = 64 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private long _records;

    public async Task<DifferentialHeader> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        byte[] magic = await TakeAsync(DifferentialWriter.Magic.Length, cancellationToken).ConfigureAwait(false);
        if (!magic.AsSpan().SequenceEqual(DifferentialWriter.Magic))
        {
            throw Corrupt(0, "it does not begin with SENGMEM1");
        }

        byte[] record = await RecordAsync(cancellationToken).ConfigureAwait(false);
        return Parse(record, reader =>
        {
            Expect(reader.ReadByte(), 'H');
            var kind = (VolumeKind)reader.ReadByte();
            bool hasBase = reader.ReadBoolean();
            var from = new Guid(reader.ReadBytes(16));
            return new DifferentialHeader(kind, hasBase ? from : null, new Guid(reader.ReadBytes(16)), SnapshotName.Require(reader.ReadString()));
        });
    }

    /// <summary>Reads the rest and applies it to a content, which itself stays as it is.</summary>
    public async Task<VolumeContent> ReadContentAsync(DifferentialHeader header, VolumeContent start, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = _hash;
        SparseContent? block = header.Base is null ? SparseContent.Empty(0, store.Options.BlockSizeBytes) : start.Block;
        TreeState? tree = start.Tree is { } old && header.Base is null ? new TreeState(ImmutableDictionary<ulong, TreeNode>.Empty, old.NextId) : start.Tree;
        TreeNode? file = null;
        while (true)
        {
            byte[] record = await RecordAsync(cancellationToken).ConfigureAwait(false);
            char type = record.Length == 0 ? '\0' : (char)record[0];
            if (type == 'X')
            {
                break;
            }

            if (type is 'N' or 'D' && tree is not null)
            {
                (tree, file) = Parse(record, reader => type == 'N' ? AddNode(reader, tree) : (Remove(reader, tree), null));
            }
            else if (tree is null)
            {
                block = Parse(record, reader => Apply(reader, type, block!));
            }
            else if (file?.Content is { } content)
            {
                file = file with { Content = Parse(record, reader => Apply(reader, type, content)) };
                tree = tree.With(file);
            }
            else
            {
                throw Corrupt(_position, $"a record of type '{type}' belongs to no file");
            }
        }

        await CheckSumAsync(hash, cancellationToken).ConfigureAwait(false);
        return header.Kind == VolumeKind.Block ? new VolumeContent(block, null) : new VolumeContent(null, RequireWhole(tree!));
    }

    /// <summary>A stream may have a right checksum and still describe no tree: every name has to lead to a node, and every node to have its names.</summary>
    private TreeState RequireWhole(TreeState tree)
    {
        var names = new Dictionary<ulong, uint> { [TreeState.RootId] = 1 };
        var pending = new Stack<ulong>([TreeState.RootId]);
        while (pending.TryPop(out ulong id))
        {
            if (!tree.Nodes.TryGetValue(id, out TreeNode? node))
            {
                throw Corrupt(_position, $"a name leads to node {id}, which is not there");
            }

            foreach (ulong child in node.Children.Values)
            {
                uint count = names[child] = names.GetValueOrDefault(child) + 1;
                if (count == 1)
                {
                    pending.Push(child);
                }
            }
        }

        return names.Count == tree.Nodes.Count && names.All(pair => IsNamed(tree.Nodes[pair.Key], pair.Value))
            ? tree
            : throw Corrupt(_position, "a node has other names than it says, or a directory has two");
    }

    private static bool IsNamed(TreeNode node, uint names)
        => node.Links == names && (node.Type == TreeEntryType.Directory ? names == 1 : node.Children.IsEmpty) && (node.Type == TreeEntryType.File) == (node.Content is not null);

    private static TreeState Remove(BinaryReader reader, TreeState tree)
    {
        reader.ReadByte();
        return tree with { Nodes = tree.Nodes.Remove(reader.ReadUInt64()) };
    }

    private (TreeState Tree, TreeNode? File) AddNode(BinaryReader reader, TreeState tree)
    {
        reader.ReadByte();
        ulong id = reader.ReadUInt64();
        var type = (TreeEntryType)reader.ReadByte();
        var node = new TreeNode(id, type)
        {
            Mode = reader.ReadInt32(),
            UserId = reader.ReadUInt32(),
            GroupId = reader.ReadUInt32(),
            ModifiedAt = new UnixTime(reader.ReadInt64(), reader.ReadInt32()),
            ChangedAt = new UnixTime(reader.ReadInt64(), reader.ReadInt32()),
            Links = reader.ReadUInt32(),
            LinkTarget = ReadBytes(reader),
            Children = ReadList(reader, static list => list.ReadUInt64()),
            Attributes = ReadList(reader, static list => ReadBytes(list)),
        };
        if (type == TreeEntryType.File)
        {
            node = node with { Content = tree.Nodes.GetValueOrDefault(id)?.Content ?? SparseContent.Empty(0, store.Options.BlockSizeBytes) };
        }

        return (tree.With(node) with { NextId = Math.Max(tree.NextId, id + 1) }, node);
    }

    private static ImmutableSortedDictionary<BytePath, T> ReadList<T>(BinaryReader reader, Func<BinaryReader, T> readValue)
    {
        ImmutableSortedDictionary<BytePath, T>.Builder list = ImmutableSortedDictionary.CreateBuilder<BytePath, T>();
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            list.Add(new BytePath(ReadBytes(reader)), readValue(reader));
        }

        return list.ToImmutable();
    }

    private static SparseContent Apply(BinaryReader reader, char type, SparseContent content)
    {
        reader.ReadByte();
        if (type == 'L')
        {
            return content.Resize(reader.ReadInt64());
        }

        Expect((byte)type, 'E');
        var extent = new Extent(reader.ReadInt64(), reader.ReadInt64(), (ExtentState)reader.ReadByte());
        if (extent.State == ExtentState.Zero)
        {
            return content.Punch(extent.Offset, extent.Length);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(extent.Length, DifferentialWriter.MaxDataBytes);
        byte[] data = reader.ReadBytes((int)extent.Length);
        return data.Length == extent.Length ? content.Write(extent.Offset, data) : throw new EndOfStreamException();
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        byte[] bytes = reader.ReadBytes((int)Math.Min(length, reader.BaseStream.Length));
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }

    private T Parse<T>(byte[] record, Func<BinaryReader, T> parse)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(record), Encoding.UTF8);
            T parsed = parse(reader);
            return reader.BaseStream.Position == record.Length ? parsed : throw Corrupt(_position, "a record is longer than its content");
        }
        catch (Exception e) when (e is IOException or ArgumentException or OverflowException or FormatException)
        {
            throw Corrupt(_position - record.Length, $"the record here is malformed: {e.Message}", e);
        }
    }

    private async Task<byte[]> RecordAsync(CancellationToken cancellationToken)
    {
        await store.StepAsync("apply:record", cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(await TakeAsync(sizeof(int), cancellationToken).ConfigureAwait(false));
        if (length is < 1 or > MaxRecordBytes)
        {
            throw Corrupt(_position - sizeof(int), $"a record cannot be {length} bytes long");
        }

        byte[] record = await TakeAsync(length, cancellationToken).ConfigureAwait(false);
        progress?.Report(new OperationProgress("apply", _position, null, ++_records));
        return record;
    }

    /// <summary>Reads in steps, so that a false length takes no more memory than the stream has bytes.</summary>
    private async Task<byte[]> TakeAsync(int count, CancellationToken cancellationToken)
    {
        using var taken = new MemoryStream(Math.Min(count, ReadStepBytes));
        var step = new byte[Math.Min(count, ReadStepBytes)];
        while (taken.Length < count)
        {
            int read = await input.ReadAsync(step.AsMemory(0, (int)Math.Min(step.Length, count - taken.Length)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw Corrupt(_position + taken.Length, "it ends here, before its end record and checksum");
            }

            taken.Write(step, 0, read);
        }

        byte[] bytes = taken.ToArray();
        _hash.AppendData(bytes);
        _position += bytes.Length;
        return bytes;
    }

    private async Task CheckSumAsync(IncrementalHash hash, CancellationToken cancellationToken)
    {
        byte[] expected = hash.GetCurrentHash();
        byte[] found = await TakeAsync(expected.Length, cancellationToken).ConfigureAwait(false);
        if (!expected.AsSpan().SequenceEqual(found))
        {
            throw Corrupt(_position - found.Length, "the checksum does not agree with what came before");
        }
    }

    private static void Expect(byte found, char wanted)
    {
        if (found != wanted)
        {
            throw new FormatException($"expected a record of type '{wanted}', found byte {found}");
        }
    }

    private static CorruptDataException Corrupt(long offset, string detail, Exception? inner = null)
        => new(Source, offset, detail, inner) { Engine = InMemoryStorageEngine.Scheme };
}
