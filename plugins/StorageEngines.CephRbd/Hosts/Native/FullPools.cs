using System.Text;
using System.Text.Json;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Which pools are full. Blocks.</summary>
internal static unsafe class FullPools
{
    /// <summary>The names of the pools that take no more; none if the monitors do not say. Implements: rados_mon_command, <c>ceph osd dump</c>.</summary>
    internal static List<string> Find(ClusterHandle cluster)
    {
        byte[] command = Encoding.ASCII.GetBytes("{\"prefix\":\"osd dump\",\"format\":\"json\"}\0");
        byte* output = null, words = null;
        nuint outputLength = 0, wordsLength = 0;
        fixed (byte* text = command)
        {
            byte* first = text;
            int result = Rados.AskMonitors(cluster, &first, 1, null, 0, &output, &outputLength, &words, &wordsLength);
            byte[] answer = result < 0 ? [] : new ReadOnlySpan<byte>(output, checked((int)outputLength)).ToArray();
            Rados.FreeBuffer(output);
            Rados.FreeBuffer(words);
            return Parse(answer);
        }
    }

    /// <summary>Reads the answer to <c>ceph osd dump</c>.</summary>
    internal static List<string> Parse(byte[] answer)
    {
        List<string> full = [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            foreach (JsonElement pool in document.RootElement.GetProperty("pools").EnumerateArray())
            {
                if (pool.GetProperty("flags_names").GetString()!.Split(',').Contains("full"))
                {
                    full.Add(pool.GetProperty("pool_name").GetString()!);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return []; // Then the caller tells of the time-out, which is true in any case.
        }

        return full;
    }
}
