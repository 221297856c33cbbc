namespace StorageEngines.BtrfsStreams;

/// <summary>Where a reader's buffer is filled from.</summary>
internal interface IRefill
{
    /// <summary>Brings more of the stream behind what is left of the buffer, which may become another one.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="next">Where in it what is left begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="wanted">The bytes that are to be there; there are fewer only at the stream's end.</param>
    void Fill(ref byte[] buffer, ref int next, ref int end, int wanted);
}
