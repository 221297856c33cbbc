using System.Buffers;

namespace StorageEngines;

/// <summary>One format of a change list. Called in order, from one thread.</summary>
internal interface IChangeFormatter
{
    /// <summary>Adds part of a batch, at most 1024 extents, checked and ascending.</summary>
    void Add(IBufferWriter<byte> output, ExtentBatch batch, IReadOnlyList<Extent> part);

    /// <summary>Adds what comes at the end.</summary>
    void End(IBufferWriter<byte> output, ExtentBatch last);
}
