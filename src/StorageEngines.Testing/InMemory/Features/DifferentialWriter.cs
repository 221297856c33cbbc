using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace StorageEngines.Testing;

/// <summary>
/// Writes a difference: the magic <c>SENGMEM1</c>, then records, then the SHA-256 of all before. A record is its length (4 bytes) and as many bytes, of
/// which the first is its type: H header, L length of a volume or file, E extent, N node of a tree, D deleted node, X end. Numbers are little-endian.
/// </summary>
internal sealed class DifferentialWriter(MemoryStore store, Stream output, IProgress<OperationProgress>? progress)
{
    public const int Version = 1;
    public const int MaxDataBytes = 256 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _written;
    private long _records;

    public static ReadOnlySpan<byte> Magic => "SENGMEM1"u8;

    public async Task WriteAsync(StoredSnapshot? from, StoredSnapshot to, CancellationToken cancellationToken)
    {
        using (_hash)
        {
            await PutAsync(Magic.ToArray(), cancellationToken).ConfigureAwait(false);
            await RecordAsync('H', writer =>
            {
                writer.Write((byte)to.Content.Kind);
                writer.Write(from is not null);
                writer.Write((from?.StateId ?? Guid.Empty).ToByteArray());
                writer.Write(to.StateId.ToByteArray());
                writer.Write(to.Name);
            }, cancellationToken).ConfigureAwait(false);
            if (to.Content.Block is { } block)
            {
                await WriteContentAsync(from?.Content.Block, block, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await WriteTreeAsync(from?.Content.Tree, to.Content.Tree!, cancellationToken).ConfigureAwait(false);
            }

            await RecordAsync('X', _ => { }, cancellationToken).ConfigureAwait(false);
            await output.WriteAsync(_hash.GetHashAndReset(), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteTreeAsync(TreeState? from, TreeState to, CancellationToken cancellationToken)
    {
        foreach (ulong id in (from?.Nodes.Keys ?? []).Where(id => !to.Nodes.ContainsKey(id)).Order())
        {
            await RecordAsync('D', writer => writer.Write(id), cancellationToken).ConfigureAwait(false);
        }

        foreach (TreeNode node in to.Nodes.Values.OrderBy(node => node.Id))
        {
            TreeNode? old = from?.Nodes.GetValueOrDefault(node.Id);
            if (ReferenceEquals(old, node))
            {
                continue;
            }

            await RecordAsync('N', writer => WriteNode(writer, node), cancellationToken).ConfigureAwait(false);
            if (node.Content is { } content)
            {
                await WriteContentAsync(old?.Content, content, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void WriteNode(BinaryWriter writer, TreeNode node)
    {
        writer.Write(node.Id);
        writer.Write((byte)node.Type);
        writer.Write(node.Mode);
        writer.Write(node.UserId);
        writer.Write(node.GroupId);
        writer.Write(node.ModifiedAt.Seconds);
        writer.Write(node.ModifiedAt.Nanoseconds);
        writer.Write(node.ChangedAt.Seconds);
        writer.Write(node.ChangedAt.Nanoseconds);
        writer.Write(node.Links);
        WriteBytes(writer, node.LinkTarget.Span);
        writer.Write(node.Children.Count);
        foreach ((BytePath name, ulong id) in node.Children)
        {
            WriteBytes(writer, name.Span);
            writer.Write(id);
        }

        writer.Write(node.Attributes.Count);
        foreach ((BytePath name, byte[] value) in node.Attributes)
        {
            WriteBytes(writer, name.Span);
            WriteBytes(writer, value);
        }
    }

    private async Task WriteContentAsync(SparseContent? from, SparseContent to, CancellationToken cancellationToken)
    {
        await RecordAsync('L', writer => writer.Write(to.Length), cancellationToken).ConfigureAwait(false);
        foreach (Extent extent in ContentExtents.Differing(from, to, 0))
        {
            long step = extent.State == ExtentState.Zero ? extent.Length : MaxDataBytes;
            for (long offset = extent.Offset; offset < extent.End; offset += step)
            {
                long start = offset;
                long length = Math.Min(step, extent.End - start);
                await RecordAsync('E', writer => WriteExtent(writer, to, new Extent(start, length, extent.State)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void WriteExtent(BinaryWriter writer, SparseContent content, Extent extent)
    {
        writer.Write(extent.Offset);
        writer.Write(extent.Length);
        writer.Write((byte)extent.State);
        if (extent.State == ExtentState.Data)
        {
            var data = new byte[extent.Length];
            content.Read(extent.Offset, data);
            store.Counters.AddSnapshotBytes(data.Length);
            writer.Write(data);
        }
    }

    private static void WriteBytes(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private async Task RecordAsync(char type, Action<BinaryWriter> fill, CancellationToken cancellationToken)
    {
        await store.StepAsync("export:record", cancellationToken).ConfigureAwait(false);
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        writer.Write(0);
        writer.Write((byte)type);
        fill(writer);
        writer.Flush();
        byte[] bytes = buffer.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - sizeof(int));
        await PutAsync(bytes, cancellationToken).ConfigureAwait(false);
        progress?.Report(new OperationProgress("export", _written, null, ++_records));
    }

    private async Task PutAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes);
        await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _written += bytes.Length;
    }
}
