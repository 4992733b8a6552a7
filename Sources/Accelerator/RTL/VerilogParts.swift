/// The modules below the top of a ternary unit.
enum VerilogParts {
    /// One row: the adder tree and the sum.
    ///
    /// -a is ~a + 1. The tree adds what comes before the + 1, and the 1 of the left half of a node stays pending beside its sum, that of
    /// the right half is the carry into the adder: so no negation needs an adder of its own, and the last pending 1 enters the
    /// accumulator. A node over 2^k lanes adds 2^k numbers of -128 to 127 and 2^k - 1 ones at most, which is within 8 + k bits.
    static let column = """
        // One row: LANES times +a, -a or 0, summed in a tree, and added to the sum of the strip so far.
        //
        // -a is ~a + 1. A node of the tree is a number and a 1 that is still to be added, pending, in its lowest bit. An adder takes the
        // pending 1 of its right half as its carry and leaves that of its left half pending; the last one enters the accumulator. So a
        // negation costs no adder. A node over 2^k lanes holds 2^k numbers of -128 to 127 and fewer ones than that: 8 + k bits.
        module ternary_column #(
            parameter LANES    = 8,
            parameter LEVELS   = 3,
            parameter SUM_BITS = 32,
            parameter [8*LEVELS+7:0] REGISTERS = 0
        ) (
            input  wire                clock,
            input  wire [LANES-1:0]    plus,
            input  wire [LANES-1:0]    minus,
            input  wire [8*LANES-1:0]  activations,
            input  wire                valid,  // when the tree's sum belongs to a word
            input  wire                first,  // ..to the first of a strip
            output reg  [SUM_BITS-1:0] sum
        );
            genvar k, i;
            generate
                for (k = 0; k <= LEVELS; k = k + 1) begin : level
                    localparam NODES = (1 << LEVELS) >> k;
                    localparam WIDTH = 8 + k + 1;
                    wire [NODES*WIDTH-1:0] added, nodes;
                    for (i = 0; i < NODES; i = i + 1) begin : node
                        if (k == 0 && i < LANES) begin : lane
                            wire [7:0] a = activations[8*i +: 8];
                            assign added[WIDTH*i +: WIDTH] = {({8{plus[i]}} & a) | ({8{minus[i]}} & ~a), minus[i]};
                        end else if (k == 0) begin : none
                            assign added[WIDTH*i +: WIDTH] = {WIDTH{1'b0}};
                        end else begin : adder
                            wire [WIDTH-2:0] left  = level[k-1].nodes[(WIDTH-1)*(2*i) +: WIDTH-1];
                            wire [WIDTH-2:0] right = level[k-1].nodes[(WIDTH-1)*(2*i+1) +: WIDTH-1];
                            // The lowest bits give the carry.
                            wire [WIDTH-1:0] total = {left[WIDTH-2], left[WIDTH-2:1], right[0]} + {right[WIDTH-2], right};
                            assign added[WIDTH*i +: WIDTH] = {total[WIDTH-1:1], left[0]};
                        end
                    end
                    delay #(.WIDTH(NODES*WIDTH), .DEPTH({24'd0, REGISTERS[8*k +: 8]})) registers (clock, added, nodes);
                end
            endgenerate

            wire [8+LEVELS:0] tree = level[LEVELS].nodes;
            wire [SUM_BITS-1:0] so_far = first ? {SUM_BITS{1'b0}} : sum;
            wire [SUM_BITS:0] total = {so_far, tree[0]} + {{(SUM_BITS-8-LEVELS){tree[8+LEVELS]}}, tree};
            always @(posedge clock) if (valid) sum <= total[SUM_BITS:1];
        endmodule

        """

    static let delay = """
        // Gives a value DEPTH cycles later; 0 is a wire.
        module delay #(
            parameter WIDTH = 1,
            parameter DEPTH = 1
        ) (
            input  wire             clock,
            input  wire [WIDTH-1:0] in,
            output wire [WIDTH-1:0] out
        );
            generate
                if (DEPTH == 0) begin : through
                    assign out = in;
                end else begin : held
                    reg  [WIDTH*DEPTH-1:0]     values;
                    wire [WIDTH*(DEPTH+1)-1:0] next = {values, in};
                    always @(posedge clock) values <= next[WIDTH*DEPTH-1:0];
                    assign out = values[WIDTH*DEPTH-1 -: WIDTH];
                end
            endgenerate
        endmodule

        """
}
