using System.Buffers;
using System.Text.Json;

namespace StorageEngines;

/// <summary>One JSON object a line with the fields of <c>csi.v1.GetMetadataDeltaResponse</c>; protobuf's own JSON readers take it as well.</summary>
internal sealed class CsiFormatter : IChangeFormatter
{
    public void Add(IBufferWriter<byte> output, ExtentBatch batch, IReadOnlyList<Extent> part)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("block_metadata_type", batch.Style switch
            {
                ExtentStyle.FixedLength => "FIXED_LENGTH",
                ExtentStyle.VariableLength => "VARIABLE_LENGTH",
                _ => "UNKNOWN",
            });
            json.WriteNumber("volume_capacity_bytes", batch.CapacityBytes);
            json.WriteStartArray("block_metadata");
            foreach (Extent extent in part)
            {
                json.WriteStartObject();
                json.WriteNumber("byte_offset", extent.Offset);
                json.WriteNumber("size_bytes", extent.Length);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    public void End(IBufferWriter<byte> output, ExtentBatch last)
    {
    }
}
