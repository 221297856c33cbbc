using System.Runtime.CompilerServices;

namespace StorageEngines.RemoteTrees;

/// <summary>Takes what a program writes apart: records that end with NUL.</summary>
internal static class NulRecords
{
    private const int Longest = 64 << 10; // a path, and where a link leads, are at most 4096 bytes each

    /// <summary>Reads the records to the end of the output.</summary>
    /// <param name="output">The output.</param>
    /// <param name="what">What it is called in messages.</param>
    /// <param name="engine">The engine's name, for errors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptDataException">A record is too long.</exception>
    internal static async IAsyncEnumerable<byte[]> ReadAsync(Stream output, string what, string engine, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[2 * Longest];
        int filled = 0;
        int count;
        while ((count = await output.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false)) > 0)
        {
            filled += count;
            int start = 0;
            for (int end; (end = Array.IndexOf(buffer, (byte)0, start, filled - start)) >= 0; start = end + 1)
            {
                yield return buffer[start..end];
            }

            Buffer.BlockCopy(buffer, start, buffer, 0, filled - start);
            filled -= start;
            if (filled > Longest)
            {
                throw new CorruptDataException(what, null, $"a record is longer than {Longest} bytes") { Engine = engine };
            }
        }
    }
}
