using System.Buffers;
using System.Globalization;
using System.Text;

namespace StorageEngines;

/// <summary>One JSON array as <c>rbd diff --format json</c> prints it: <c>exists</c> is the text <c>true</c> or <c>false</c>, not a JSON literal.</summary>
internal sealed class RbdJsonFormatter : IChangeFormatter
{
    private bool _any;

    public void Add(IBufferWriter<byte> output, ExtentBatch batch, IReadOnlyList<Extent> part)
    {
        foreach (Extent extent in part)
        {
            string exists = extent.State == ExtentState.Data ? "true" : "false";
            Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{(_any ? ',' : '[')}{{\"offset\":{extent.Offset},\"length\":{extent.Length},\"exists\":\"{exists}\"}}"),
                output);
            _any = true;
        }
    }

    public void End(IBufferWriter<byte> output, ExtentBatch last) => output.Write(_any ? "]\n"u8 : "[]\n"u8);
}
