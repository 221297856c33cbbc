using System.Text;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>Makes streams by hand.</summary>
internal sealed class StreamBuilder
{
    internal static readonly Guid BaseId = new("11111111-2222-3333-4444-555555555555");

    private readonly MemoryStream _stream = new();
    private readonly BtrfsSendWriter _writer;

    internal StreamBuilder(int version = 1)
    {
        _writer = new BtrfsSendWriter(_stream, version);
        _writer.Header();
        _writer.Begin(BtrfsCommand.Snapshot).Add(BtrfsAttribute.FilePath, "next"u8).Add(BtrfsAttribute.Uuid, Guid.Empty).Add(BtrfsAttribute.TransactionId, 2)
            .Add(BtrfsAttribute.CloneUuid, BaseId).Add(BtrfsAttribute.CloneTransactionId, 1).End();
    }

    internal StreamBuilder Rename(string from, string to)
    {
        _writer.Begin(BtrfsCommand.Rename).Add(BtrfsAttribute.FilePath, Bytes(from)).Add(BtrfsAttribute.PathTo, Bytes(to)).End();
        return this;
    }

    internal StreamBuilder Unlink(string path)
    {
        _writer.Begin(BtrfsCommand.Unlink).Add(BtrfsAttribute.FilePath, Bytes(path)).End();
        return this;
    }

    internal StreamBuilder RemoveDirectory(string path)
    {
        _writer.Begin(BtrfsCommand.RemoveDirectory).Add(BtrfsAttribute.FilePath, Bytes(path)).End();
        return this;
    }

    internal StreamBuilder Update(string path, long offset, long length)
    {
        _writer.Begin(BtrfsCommand.UpdateExtent).Add(BtrfsAttribute.FilePath, Bytes(path)).Add(BtrfsAttribute.FileOffset, (ulong)offset).Add(BtrfsAttribute.Size, (ulong)length).End();
        Drain();
        return this;
    }

    internal StreamBuilder Clone(string path, long offset, long length, string source, long sourceOffset)
    {
        _writer.Begin(BtrfsCommand.Clone).Add(BtrfsAttribute.FileOffset, (ulong)offset).Add(BtrfsAttribute.CloneLength, (ulong)length).Add(BtrfsAttribute.FilePath, Bytes(path))
            .Add(BtrfsAttribute.CloneUuid, BaseId).Add(BtrfsAttribute.CloneTransactionId, 1).Add(BtrfsAttribute.ClonePath, Bytes(source)).Add(BtrfsAttribute.CloneOffset, (ulong)sourceOffset).End();
        return this;
    }

    internal StreamBuilder Truncate(string path, long size)
    {
        _writer.Begin(BtrfsCommand.Truncate).Add(BtrfsAttribute.FilePath, Bytes(path)).Add(BtrfsAttribute.Size, (ulong)size).End();
        return this;
    }

    internal StreamBuilder Times(string path)
    {
        _writer.Begin(BtrfsCommand.SetTimes).Add(BtrfsAttribute.FilePath, Bytes(path)).Add(BtrfsAttribute.AccessTime, default(UnixTime))
            .Add(BtrfsAttribute.ModificationTime, default(UnixTime)).Add(BtrfsAttribute.ChangeTime, default(UnixTime)).End();
        Drain();
        return this;
    }

    internal byte[] ToArray()
    {
        Wait(_writer.CompleteAsync(CancellationToken.None));
        return _stream.ToArray();
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);

    // A memory stream takes everything at once.
    private static void Wait(ValueTask task) => Assert.True(task.IsCompletedSuccessfully);

    private void Drain() => Wait(_writer.DrainAsync(CancellationToken.None));
}
